/** Certificates of a truststore: PEM, or what Java's keytool writes (PKCS #12, and the older JKS). */
import { X509Certificate, createDecipheriv, createHash, pbkdf2Sync } from "node:crypto";
import { derAt, derValues } from "./der.js";
import type { Der } from "./der.js";

/** First bytes of a Java keystore. */
const JAVA_KEYSTORE = 0xfeedfeed;
const DER_SEQUENCE = 0x30;

/** The file holds no certificates that could be had; the reason continues "The file '...' is ". */
export class UnusableStore extends Error {}

/** As PEM, one behind the other. @throws {@link UnusableStore} */
export function trustedCertificates(bytes: Buffer, password: string | undefined): string {
  if (bytes.includes("-----BEGIN ")) return bytes.toString("latin1");
  const found = certificatesOf(bytes, password);
  if (found.length === 0) throw new UnusableStore("a truststore without a certificate");
  return found.map((certificate) => new X509Certificate(certificate).toString()).join("\n");
}

function certificatesOf(bytes: Buffer, password: string | undefined): readonly Buffer[] {
  try {
    if (bytes.length > 12 && bytes.readUInt32BE() === JAVA_KEYSTORE) return javaCertificates(bytes, password);
    if (bytes[0] === DER_SEQUENCE) return pkcs12Certificates(bytes, password ?? "");
  } catch (error) {
    if (error instanceof UnusableStore) throw error;
    throw new UnusableStore("a damaged truststore, or its password is another");
  }
  throw new UnusableStore("of no known kind: PEM, PKCS #12 or JKS is needed");
}

// JKS, as OpenJDK's sun.security.provider.JavaKeyStore has it: certificates are not encrypted, a digest ends the file.

const TRUSTED = 2;
const DIGEST_BYTES = 20;
const DIGEST_SALT = "Mighty Aphrodite";

function javaCertificates(bytes: Buffer, password: string | undefined): readonly Buffer[] {
  const body = bytes.subarray(0, -DIGEST_BYTES);
  if (password !== undefined) {
    const secret = Buffer.from(password, "utf16le").swap16();
    const digest = createHash("sha1").update(secret).update(DIGEST_SALT).update(body).digest();
    if (!digest.equals(bytes.subarray(-DIGEST_BYTES))) {
      throw new UnusableStore("a Java keystore with another password, or damaged");
    }
  }
  let at = 4;
  const int = (): number => {
    at += 4;
    return body.readUInt32BE(at - 4);
  };
  const block = (length: number): Buffer => {
    at += length;
    if (at > body.length) throw new UnusableStore("a damaged Java keystore");
    return body.subarray(at - length, at);
  };
  const text = (): Buffer => block(block(2).readUInt16BE());
  const version = int();
  const certificate = (): Buffer => {
    if (version > 1) text();
    return block(int());
  };
  const found: Buffer[] = [];
  for (let entries = int(); entries > 0; entries--) {
    const tag = int();
    text();
    // When it was added.
    block(8);
    if (tag === TRUSTED) {
      found.push(certificate());
    } else {
      // A key and the certificates that belong to it, which are not trusted for being there.
      block(int());
      for (let chain = int(); chain > 0; chain--) certificate();
    }
  }
  return found;
}

// PKCS #12. RFC 7292; RFC 8018 for the encryption.

const OID = {
  data: "2a864886f70d010701",
  encryptedData: "2a864886f70d010706",
  certificateBag: "2a864886f70d010c0a0103",
  pbes2: "2a864886f70d01050d",
} as const;
const DIGESTS: Readonly<Record<string, string>> = {
  "2a864886f70d0207": "sha1",
  "2a864886f70d0209": "sha256",
  "2a864886f70d020a": "sha384",
  "2a864886f70d020b": "sha512",
};
const CIPHERS: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  "60864801650304012a": ["aes-256-cbc", 32],
  "608648016503040116": ["aes-192-cbc", 24],
  "608648016503040102": ["aes-128-cbc", 16],
};
/** Most rounds that are taken for a password; keytool has 10000. */
const ROUNDS_MAX = 10_000_000;
const TAG_INTEGER = 0x02;
const TAG_SEQUENCE = 0x30;

const oidOf = ({ content }: Der): string => content.toString("hex");

function pkcs12Certificates(bytes: Buffer, password: string): readonly Buffer[] {
  const [file] = derValues(bytes);
  if (file === undefined) return [];
  const safes = derValues(derAt(file, 1, 1, 0).content).flatMap(({ content }) => derValues(content));
  return safes.flatMap((safe) => {
    const kind = oidOf(derAt(safe, 0));
    if (kind === OID.data) return bagCertificates(derAt(safe, 1, 0).content);
    if (kind !== OID.encryptedData) return [];
    const encrypted = derAt(safe, 1, 0, 1);
    return bagCertificates(decrypted(derAt(encrypted, 1), derAt(encrypted, 2).content, password));
  });
}

function bagCertificates(contents: Buffer): readonly Buffer[] {
  const bags = derValues(contents).flatMap(({ content }) => derValues(content));
  return bags
    .filter((bag) => oidOf(derAt(bag, 0)) === OID.certificateBag)
    .map((bag) => derAt(bag, 1, 0, 1, 0).content);
}

function decrypted(algorithm: Der, content: Buffer, password: string): Buffer {
  if (oidOf(derAt(algorithm, 0)) !== OID.pbes2) {
    throw new UnusableStore("a PKCS #12 file of an older encryption");
  }
  const derivation = derAt(algorithm, 1, 0, 1);
  const [salt, rounds, ...more] = derValues(derivation.content);
  const [cipherName, keyBytes] = CIPHERS[oidOf(derAt(algorithm, 1, 1, 0))] ?? [];
  const digestIn = more.find(({ tag }) => tag === TAG_SEQUENCE);
  const digest = digestIn === undefined ? "sha1" : DIGESTS[oidOf(derAt(digestIn, 0))];
  const count = rounds?.tag === TAG_INTEGER ? Number(`0x${rounds.content.toString("hex")}`) : 0;
  if (cipherName === undefined || keyBytes === undefined || digest === undefined || salt === undefined) {
    throw new UnusableStore("a PKCS #12 file of another encryption than AES");
  }
  if (!(count >= 1 && count <= ROUNDS_MAX)) throw new UnusableStore("a damaged PKCS #12 file");
  const key = pbkdf2Sync(password, salt.content, count, keyBytes, digest);
  const decipher = createDecipheriv(cipherName, key, derAt(algorithm, 1, 1, 1).content);
  return Buffer.concat([decipher.update(content), decipher.final()]);
}
