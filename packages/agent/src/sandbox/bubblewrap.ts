// Commands in namespaces of their own (bwrap(1)): the workspace is writable, system folders are readable, nothing else of
// this machine is there; no network unless opened. Its processes all die with it.
import { lstatSync, readlinkSync } from "node:fs";
import { startChild } from "./child.ts";
import { environment } from "./environment.ts";
import { descendants } from "./process-tree.ts";
import type { Sandbox, SandboxCommand } from "./sandbox.ts";

export interface BubblewrapOptions {
  /** Path of bwrap. */
  program: string;
  /** Whether commands reach the network. */
  network: boolean;
}

export function createBubblewrap({ program, network }: BubblewrapOptions): Sandbox {
  return {
    kind: "bubblewrap",
    describe: () => [
      {
        name: "filesystem",
        enforced: true,
        detail: "the workspace is writable, system folders are readable, nothing else",
      },
      {
        name: "network",
        enforced: !network,
        detail: network ? "opened by the configuration" : "none, not even this machine",
      },
      { name: "processes", enforced: true, detail: "own process namespace; all end with the command" },
      { name: "environment", enforced: true, detail: "commands get a small environment, none of ours" },
      { name: "memory", enforced: false, detail: "no limit" },
      { name: "cpu", enforced: false, detail: "only the command's timeout" },
    ],
    spawn(command) {
      return startChild({
        program,
        args: [...bubblewrapArgs({ ...command, network }), "--", ...command.argv],
        cwd: "/",
        env: {},
        // The outer bwrap is left alone as long as something lives below it: its death would leave no grace.
        find: ({ pid, isRunning }) => {
          if (!isRunning) return [];
          const below = descendants(pid);
          return below.length > 0 ? below : [pid];
        },
      });
    },
  };
}

const nodeInside = "/opt/anywork/bin";
const topLinks = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const etc = [
  ...["alternatives", "ca-certificates", "ca-certificates.conf", "fonts", "group", "host.conf", "hosts", "ld.so.cache"],
  ...["ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release", "passwd", "protocols"],
  ...["resolv.conf", "services", "timezone"],
  // Of certificates the public ones: their folders hold this machine's private keys too.
  ...["crypto-policies", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf"],
  ...["pki/ca-trust", "pki/tls/cert.pem", "pki/tls/certs", "pki/tls/openssl.cnf"],
];

/** Root inside a container is root to these files, without any capability; bwrap 0.8 leaves them writable then. */
const kernelSettings = ["/proc/sys", "/proc/irq", "/proc/bus", "/proc/sysrq-trigger"].flatMap((file) => [
  "--ro-bind-try",
  file,
  file,
]);

type Place = Partial<Pick<SandboxCommand, "cwd" | "workspace" | "env" | "readable">> & { network: boolean };

/** The arguments before the command. Without a workspace (the trial start) it stands in an empty root. */
export function bubblewrapArgs({ cwd = "/", workspace, env, readable = [], network }: Place): string[] {
  const variables = { ...environment(workspace ?? "/tmp", nodeInside), ...env };
  return [
    ...["--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(network ? [] : ["--unshare-net"]),
    // Root would keep its capabilities in there, and with them could make every read-only mount writable again.
    ...["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", "anywork"],
    ...["--ro-bind", "/usr", "/usr", ...topLinks.flatMap(topLink)],
    ...etc.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
    ...["--proc", "/proc", ...kernelSettings, "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var/tmp"],
    ...["--ro-bind", process.execPath, `${nodeInside}/node`],
    ...readable.flatMap((file) => ["--ro-bind", file, file]),
    ...(workspace === undefined ? [] : ["--bind", workspace, workspace]),
    ...["--chdir", cwd, "--clearenv"],
    ...Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

/** /bin is a link to usr/bin on most systems and a folder on others; what is not there is left out. */
function topLink(name: string): string[] {
  const stat = lstatSync(name, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink()) return ["--symlink", readlinkSync(name), name];
  return stat?.isDirectory() ? ["--ro-bind", name, name] : [];
}
