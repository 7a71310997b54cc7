export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 1.8 30.2 16 16 30.2 1.8 16Z" fill="var(--accent-fill)" />
      <path d="M16 9.2 22.8 16 16 22.8 9.2 16Z" fill="var(--on-accent)" />
    </svg>
  );
}
