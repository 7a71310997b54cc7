// What `doctor` finds: printed by the server program as one JSON document, rendered by the CLI.
import { z } from "zod";

export const doctorCheckSchema = z.object({
  /** What was looked at, in a word or two. */
  name: z.string(),
  state: z.enum(["ok", "warning", "problem"]),
  /** One sentence. */
  message: z.string(),
  /** What to do about it; null when nothing needs doing. */
  remedy: z.string().nullable(),
});
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;

export const doctorReportSchema = z.object({
  version: z.string(),
  home: z.string(),
  checks: z.array(doctorCheckSchema),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** What the worker program prints when it is started with --probe-sandbox. */
export const sandboxProbeSchema = z.object({
  kind: z.enum(["bubblewrap", "none"]),
  reason: z.string().optional(),
  hint: z.string().optional(),
});
