import { useId } from "react";

export interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  onChange(value: T): void;
}

/** One of a few, side by side. Radio buttons underneath: arrow keys and screen readers know them. */
export function Segments<T extends string>({ label, value, choices, onChange }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{label}</legend>
      <div className="flex rounded-control border border-strong bg-bg p-0.5">
        {choices.map((choice) => (
          <label
            key={choice.value}
            className="flex h-8 flex-1 cursor-pointer items-center justify-center rounded-[5px] px-2 text-center text-muted leading-tight has-checked:bg-hover has-checked:font-medium has-checked:text-text has-focus-visible:outline-2 has-focus-visible:outline-accent touch:h-11"
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            {choice.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
