// Who may come in: passwords kept as scrypt hashes, sessions kept in memory only (a restart logs everybody out).
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Records } from './store.ts'

export interface User {
  readonly id: string
  readonly username: string
  readonly role: 'admin' | 'editor' | 'reader'
  readonly password: string
}

interface Session {
  readonly user: string
  readonly until: number
}

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt)
const COST = { N: 16_384, r: 8, p: 1 }
const LENGTH = 32

export function isUser(value: unknown): value is User {
  if (typeof value !== 'object' || value === null) return false
  const { id, username, role, password } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    typeof username === 'string' &&
    typeof password === 'string' &&
    (role === 'admin' || role === 'editor' || role === 'reader')
  )
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, LENGTH, COST)
  return `scrypt:${COST.N}:${COST.r}:${COST.p}:${salt.toString('base64url')}:${key.toString('base64url')}`
}

export async function passwordFits(password: string, hash: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash.split(':')
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false
  const wanted = Buffer.from(key, 'base64url')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const found = await derive(password, Buffer.from(salt, 'base64url'), wanted.length, cost)
  return timingSafeEqual(found, wanted)
}

/** Compared against when there is no such user, so that the answer takes as long. */
const NOBODY = await hashPassword(randomBytes(16).toString('hex'))

export class Sessions {
  readonly #users: Records<User>
  readonly #minutes: number
  readonly #sessions = new Map<string, Session>()

  constructor(users: Records<User>, minutes: number) {
    this.#users = users
    this.#minutes = minutes
  }

  /** A token, or undefined when name or password is wrong; which of them is not said. */
  async login(username: string, password: string, now: number): Promise<string | undefined> {
    const user = (await this.#users.all()).find((each) => each.username === username)
    const fits = await passwordFits(password, user?.password ?? NOBODY)
    if (user === undefined || !fits) return undefined
    this.#forgetOld(now)
    const token = randomBytes(24).toString('base64url')
    this.#sessions.set(token, { user: user.id, until: now + this.#minutes * 60_000 })
    return token
  }

  logout(token: string): void {
    this.#sessions.delete(token)
  }

  /** The user of a live session. A removed user's session ends with him. */
  async user(token: string, now: number): Promise<User | undefined> {
    const session = this.#sessions.get(token)
    if (session === undefined || session.until <= now) return undefined
    return await this.#users.find(session.user)
  }

  #forgetOld(now: number): void {
    for (const [token, session] of this.#sessions) if (session.until <= now) this.#sessions.delete(token)
  }
}
