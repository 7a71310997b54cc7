export type { RecordedRequest } from "./answer.ts";
export type { Clock } from "./clock.ts";
export { demoPrompts } from "./script/demo.ts";
export { createModelSim, type ListenOptions, type ModelSim, type ModelSimOptions } from "./server.ts";
