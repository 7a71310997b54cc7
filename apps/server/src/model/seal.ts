import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AnyWorkError } from "@anywork/protocol";
import { Secret } from "../secret.ts";

export interface Sealer {
  /** AES-256-GCM; `use` is bound to the text, so that one secret cannot be put in the place of another. */
  seal(secret: Secret, use: string): string;
  /** Throws internal when the key or the text is not the one it was sealed with. */
  unseal(sealed: string, use: string): Secret;
}

export function createSealer(masterKey: Buffer): Sealer {
  return {
    seal(secret, use) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", masterKey, iv).setAAD(Buffer.from(use));
      const text = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
      return `v1.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64")}`;
    },
    unseal(sealed, use) {
      try {
        const bytes = Buffer.from(sealed.slice(3), "base64");
        const decipher = createDecipheriv("aes-256-gcm", masterKey, bytes.subarray(0, 12), { authTagLength: 16 });
        decipher.setAAD(Buffer.from(use)).setAuthTag(bytes.subarray(12, 28));
        return new Secret(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8"));
      } catch (cause) {
        throw new AnyWorkError("internal", "A kept key cannot be opened with this master.key.", {
          hint: "Restore master.key from a backup, or paste the key again.",
          cause,
        });
      }
    },
  };
}
