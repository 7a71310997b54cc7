export { type DriverFixture, driverContract, echoRequest, readAll } from "./driver-contract.ts";
export { type EngineUnderTest, engineContract } from "./engine-contract.ts";
export { createFakeClock, type FakeClock, settled } from "./fake-clock.ts";
export { createFakeDriver, type FakeAttempt, type FakeDriver } from "./fake-driver.ts";
export type { Answer, Headers } from "./http-client.ts";
export {
  type HubOptions,
  type HubProcess,
  isAlive,
  killHard,
  makeHome,
  removeHome,
  runHubProcess,
  startHubProcess,
  until,
  writeConfig,
} from "./hub-process.ts";
export type { TestSocket } from "./socket-client.ts";
export { storeContract } from "./store-contract.ts";
