import type { ComponentProps } from "react";

type Tone = "primary" | "plain" | "quiet" | "danger";

const tones: Record<Tone, string> = {
  primary: "bg-accent-fill text-on-accent hover:brightness-110 border-transparent",
  plain: "bg-raised text-text border-border hover:bg-hover hover:border-strong",
  quiet: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-danger-soft text-danger border-transparent hover:brightness-110",
};

export interface ButtonProps extends ComponentProps<"button"> {
  tone?: Tone;
  /** Square, for an icon alone; needs an aria-label. */
  isIcon?: boolean;
}

export function buttonClass({ tone = "plain", isIcon = false }: { tone?: Tone; isIcon?: boolean } = {}): string {
  const shape = isIcon ? "w-8 touch:w-11 justify-center" : "px-3";
  return `inline-flex h-8 touch:h-11 shrink-0 items-center gap-2 rounded-control border font-medium whitespace-nowrap transition-colors duration-120 disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50 ${shape} ${tones[tone]}`;
}

export function Button({ tone = "plain", isIcon = false, className = "", ...props }: ButtonProps) {
  return <button type="button" className={`${buttonClass({ tone, isIcon })} ${className}`} {...props} />;
}
