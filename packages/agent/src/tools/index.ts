import { bash } from "./bash.ts";
import { edit } from "./edit.ts";
import { list } from "./list.ts";
import { read } from "./read.ts";
import { search } from "./search.ts";
import type { Tool } from "./tool.ts";
import { write } from "./write.ts";

/** The tools every agent has. Adding one is one file and one line. */
export const builtinTools: readonly Tool[] = [bash, read, write, edit, list, search];
