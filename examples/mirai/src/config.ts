// The settings, read once from the environment (systemd hands in /srv/mirai/.env).
// A value that makes no sense stops the start with a sentence instead of running with another one.
import { readWhere } from './postgres.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

export const STORAGES = ['json', 'postgresql'] as const
export type StorageKind = (typeof STORAGES)[number]

export interface Config {
  readonly host: string
  readonly port: number
  readonly storage: StorageKind
  /** Where the database is: a Unix socket, no password. */
  readonly databaseUrl: string
  readonly dataDirectory: string
  readonly logDirectory: string
  readonly uploadLimitMb: number
  readonly logLevel: Level
  readonly sessionMinutes: number
  /** Where the first administrator's password comes from; used only while there is no user at all. */
  readonly firstPassword: string | undefined
  /** Faults for tests can be switched on. Never set in production; /health says so when it is. */
  readonly faults: boolean
}

/** What may be shown to anybody: no path, no secret. */
export function publicSettings(config: Config) {
  const { port, storage, uploadLimitMb, logLevel, sessionMinutes, faults } = config
  return { port, storage, uploadLimitMb, logLevel, sessionMinutes, faults }
}

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const logLevel = env['LOG_LEVEL'] ?? 'info'
  if (!isLevel(logLevel)) throw new Error(`LOG_LEVEL=${logLevel}: use one of ${LEVELS.join(', ')}`)
  const storage = env['MIRAI_STORAGE'] ?? 'json'
  if (!isStorage(storage)) throw new Error(`MIRAI_STORAGE=${storage}: use one of ${STORAGES.join(', ')}`)
  const databaseUrl = env['MIRAI_DATABASE_URL'] ?? 'postgresql:///mirai?host=/run/postgresql'
  if (storage === 'postgresql') readWhere(databaseUrl)
  return {
    storage,
    databaseUrl,
    host: env['HOST'] ?? '127.0.0.1',
    port: whole(env, 'PORT', 8080, 0, 65_535),
    dataDirectory: env['DATA_DIR'] ?? '/var/lib/mirai/data',
    logDirectory: env['LOG_DIR'] ?? '/var/log/mirai',
    uploadLimitMb: whole(env, 'UPLOAD_LIMIT_MB', 2, 1, 512),
    logLevel,
    sessionMinutes: whole(env, 'SESSION_MINUTES', 60, 1, 10_080),
    firstPassword: env['FIRST_PASSWORD'],
    faults: env['MIRAI_FAULTS'] === '1',
  }
}

function whole(
  env: Readonly<Record<string, string | undefined>>,
  key: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const text = env[key]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`${key}=${text}: use a whole number from ${least} to ${most}`)
  return value
}

function isStorage(text: string): text is StorageKind {
  return STORAGES.some((storage) => storage === text)
}

function isLevel(text: string): text is Level {
  return LEVELS.some((level) => level === text)
}
