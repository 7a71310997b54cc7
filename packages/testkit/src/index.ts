export { type EngineUnderTest, engineContract } from "./engine-contract.ts";
