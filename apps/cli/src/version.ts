/** The same as the hub's (tested); a command of another version still speaks to it. */
export const version = "0.1.0";
