import { useEffect, useRef } from "react";

/** The heading of a step takes the focus, so that the keyboard and the screen reader are where the eyes are. */
export function StepTitle({ title, why }: { title: string; why: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <h1 ref={heading} tabIndex={-1} className="font-semibold text-24 tracking-[-0.01em] outline-none">
        {title}
      </h1>
      <p className="mt-2 mb-6 text-15 text-muted">{why}</p>
    </>
  );
}
