import { createApiClient } from "@anywork/client";
import { Command } from "commander";
import { homeOf } from "../config.ts";
import { openHub, readToken } from "../hub.ts";

export function tokenCommand(): Command {
  return new Command("token")
    .summary("print the owner's token or a new sign-in link")
    .description("Prints the owner's token, for the Authorization header: Bearer <token>. Keep it to yourself.")
    .option("--link", "print a new one-time sign-in link for a browser instead")
    .option("--home <folder>", "the hub's home (default: ANYWORK_HOME, else your data folder)")
    .addHelpText("after", '\nExamples:\n  anywork token --link\n  curl -H "Authorization: Bearer $(anywork token)" …')
    .action(async ({ link, home }: { link?: true; home?: string }) => {
      const root = homeOf(home);
      process.stdout.write(`${link ? await newLink(root) : readToken(root)}\n`);
    });
}

async function newLink(home: string): Promise<string> {
  const { address, token } = await openHub(home);
  const { url } = await createApiClient({ baseUrl: address, token }).call("newSignInLink");
  return url;
}
