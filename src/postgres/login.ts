// What our role logs in with where a cluster asks for a password: `local all all peer` needs none, and many change that line to `scram-sha-256`. Made
// anew by each process and handed over as a file without a name, so that it stands in no argument, no environment and no directory.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { closeSync, constants, fchownSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './types.ts'

export interface Login {
  /** What the cluster keeps of it. A method `md5` asks for the same. */
  readonly verifier: string
  /** A password file of libpq, open as long as this process lives; the account's own. */
  readonly file: number
}

/** PostgreSQL's own number (`scram_iterations`); the password is as long as what it is hashed to, and nobody guesses it. */
const ITERATIONS = 4096
const logins = new Map<number, Login>()

export function loginOf(account: Account): Login {
  const known = logins.get(account.uid)
  if (known !== undefined) return known
  const password = randomBytes(32).toString('hex')
  const made = { verifier: verifierOf(password, randomBytes(16)), file: passwordFile(password, account) }
  logins.set(account.uid, made)
  return made
}

/** As a line of a password file, for a program that gets a file of its own. */
export function passwordLine(account: Account): string {
  const { file } = loginOf(account)
  const bytes = Buffer.alloc(4096)
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0))
}

/** RFC 5802 §3 with SHA-256 (RFC 7677), in the form of `pg_authid.rolpassword`. */
export function verifierOf(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  const server = keyOf('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`
}

function passwordFile(password: string, { name, uid, gid }: Account): number {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-login-'))
  try {
    const { O_RDWR, O_CREAT, O_EXCL } = constants
    const file = openSync(join(directory, 'password'), O_RDWR | O_CREAT | O_EXCL, 0o400)
    try {
      writeSync(file, `*:*:*:${name.replace(/[\\:]/g, '\\$&')}:${password}\n`)
      if (process.geteuid?.() === 0) fchownSync(file, uid, gid)
      return file
    } catch (cause) {
      closeSync(file)
      throw cause
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
