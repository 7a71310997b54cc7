import { useEffect, useState } from "react";

/** True after 150 ms: what loads faster than that shows no skeleton. */
export function useIsSlow(isLoading: boolean): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!isLoading) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), 150);
    return () => clearTimeout(timer);
  }, [isLoading]);
  return isSlow && isLoading;
}

export function Bone({ className }: { className: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-control bg-raised ${className}`} />;
}
