import { createWebchatChannel, webchatConfigSchema } from "./webchat/webchat.ts";

export type { WebchatRequest } from "./webchat/webchat.ts";

/** Every channel there is; adding one is a folder and a line here. */
export const channels = {
  webchat: { config: webchatConfigSchema, create: createWebchatChannel },
};
