// A repository of restic whose password opens it at once. restic makes a key so dear that each call takes half a second of processor, and making one
// two; tests call it hundreds of times. The repository's own key stays as it is: only what the password is stretched with is less. By restic's
// design page ("Keys, Encryption and MAC"): scrypt gives 32 bytes for AES-256-CTR, 16 and 16 for Poly1305-AES; data is IV, cipher text, MAC.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  scryptSync,
  timingSafeEqual,
} from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { run } from '../../src/sys/process.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'

const QUICK = { N: 1024, r: 8, p: 1 } as const
const MEMORY_MAX = 1 << 30

/** Empty ones that restic made, each by the number that a test asks for: two repositories of one test are two. */
const MADE = `${COMPILE_CACHE}-restic`
const MADE_WITH = 'template'

/** An empty repository as restic makes it, in this directory, which is made where it is missing. */
export async function quickRepository(to: string, password: string, which = 1): Promise<void> {
  const made = join(MADE, String(which))
  if (!existsSync(made)) await make(made)
  mkdirSync(to, { recursive: true })
  cpSync(made, to, { recursive: true })
  quicken(to, MADE_WITH, password)
}

async function make(target: string): Promise<void> {
  mkdirSync(MADE, { recursive: true })
  const fresh = mkdtempSync(`${target}-`)
  const init = await run(['restic', '-r', fresh, '--no-cache', 'init'], {
    env: { RESTIC_PASSWORD: MADE_WITH },
    timeoutMs: 60_000,
  })
  if (init.code !== 0) throw new Error(init.stderr)
  try {
    renameSync(fresh, target)
  } catch {
    rmSync(fresh, { recursive: true }) // Another worker was first.
  }
}

interface KeyFile {
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly data: string
}

/** Of all keys of the repository in this directory that the password opens; nobody else is at it. Throws where none is. */
export function quicken(repository: string, password: string, next = password): void {
  const directory = join(repository, 'keys')
  let changed = 0
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    const file = JSON.parse(readFileSync(path, 'utf8')) as KeyFile
    const master = opened(keyOf(password, file, file.salt), Buffer.from(file.data, 'base64'))
    if (master === undefined) continue
    const salt = randomBytes(64).toString('base64')
    const data = sealed(keyOf(next, QUICK, salt), master).toString('base64')
    const bytes = Buffer.from(JSON.stringify({ ...file, ...QUICK, salt, data }))
    writeFileSync(join(directory, createHash('sha256').update(bytes).digest('hex')), bytes, { mode: 0o600 })
    unlinkSync(path)
    changed++
  }
  if (changed === 0) throw new Error(`no key of ${repository} is of this password`)
}

interface Key {
  readonly encrypt: Buffer
  readonly k: Buffer
  readonly r: Buffer
}

function keyOf(password: string, { N, r, p }: { N: number; r: number; p: number }, salt: string): Key {
  const all = scryptSync(password, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: MEMORY_MAX })
  return { encrypt: all.subarray(0, 32), k: all.subarray(32, 48), r: all.subarray(48, 64) }
}

function opened(key: Key, data: Buffer): Buffer | undefined {
  const [iv, text, mac] = [data.subarray(0, 16), data.subarray(16, -16), data.subarray(-16)]
  if (!timingSafeEqual(macOf(key, iv, text), mac)) return undefined
  return createDecipheriv('aes-256-ctr', key.encrypt, iv).update(text)
}

function sealed(key: Key, plain: Buffer): Buffer {
  const iv = randomBytes(16)
  const text = createCipheriv('aes-256-ctr', key.encrypt, iv).update(plain)
  return Buffer.concat([iv, text, macOf(key, iv, text)])
}

const numberOf = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)
const PRIME = (1n << 130n) - 5n
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn

/** Poly1305-AES: `r` clamped, and the nonce encrypted by AES-128 with `k`. */
function macOf({ k, r }: Key, nonce: Buffer, text: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false)
  const factor = numberOf(r) & CLAMP
  let sum = 0n
  for (let at = 0; at < text.length; at += 16) {
    const block = text.subarray(at, at + 16)
    sum = ((sum + numberOf(block) + (1n << BigInt(8 * block.length))) * factor) % PRIME
  }
  const mac = (sum + numberOf(cipher.update(nonce))) & ((1n << 128n) - 1n)
  return Buffer.from(mac.toString(16).padStart(32, '0'), 'hex').reverse()
}
