import { type ComponentProps, useId } from "react";

export interface FieldProps extends ComponentProps<"input"> {
  label: string;
  hint?: string;
  problem?: string | undefined;
  end?: React.ReactNode;
}

const inputClass =
  "h-9 touch:h-11 w-full min-w-0 rounded-control border border-strong bg-field px-3 text-13 touch:text-[16px] text-text placeholder:text-muted focus-visible:outline-offset-0";

export function Field({ label, hint, problem, end, className = "", ...props }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = problem ?? hint;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          className={inputClass}
          aria-invalid={problem !== undefined}
          {...(note && { "aria-describedby": noteId })}
          {...props}
        />
        {end}
      </div>
      {note && (
        <p id={noteId} className={`mt-1.5 text-12 ${problem ? "text-danger" : "text-muted"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
