export { type EngineUnderTest, engineContract } from "./engine-contract.ts";
export { type DriverFixture, driverContract, echoRequest, readAll } from "./driver-contract.ts";
