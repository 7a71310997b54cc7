import type { DoctorCheck } from "@anywork/protocol";

export const ok = (name: string, message: string): DoctorCheck => ({ name, state: "ok", message, remedy: null });
export const warning = (name: string, message: string, remedy: string): DoctorCheck => ({
  name,
  state: "warning",
  message,
  remedy,
});
export const problem = (name: string, message: string, remedy: string): DoctorCheck => ({
  name,
  state: "problem",
  message,
  remedy,
});
