export { type DriverFixture, driverContract, echoRequest, readAll } from "./driver-contract.ts";
export { type EngineUnderTest, engineContract } from "./engine-contract.ts";
export type { Answer, Headers } from "./http-client.ts";
export {
  type HubOptions,
  type HubProcess,
  isAlive,
  makeHome,
  removeHome,
  runHubProcess,
  startHubProcess,
  until,
  writeConfig,
} from "./hub-process.ts";
export type { TestSocket } from "./socket-client.ts";
