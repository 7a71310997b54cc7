// Numbers, times and sizes for people, by the browser's language.
const numbers = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const formatNumber = (value: number): string => numbers.format(value);
export const formatInstant = (instant: string): string => exact.format(new Date(instant));

/** 0:42, 12:07, 1:02:07: for what is counted while one looks at it. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** 80 ms, 3.2 s, 1:05: for what is over. */
export function formatDuration(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  return formatElapsed(ms);
}

export type DayGroup = "today" | "yesterday" | "week" | "older";

export function dayGroup(instant: string, now: Date): DayGroup {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const time = new Date(instant).getTime();
  if (time >= midnight) return "today";
  if (time >= midnight - 86_400_000) return "yesterday";
  return time >= midnight - 7 * 86_400_000 ? "week" : "older";
}

/** Time of day for today, date before that. */
export function formatWhen(instant: string, now: Date): string {
  const date = new Date(instant);
  return dayGroup(instant, now) === "today" ? clock.format(date) : day.format(date);
}
