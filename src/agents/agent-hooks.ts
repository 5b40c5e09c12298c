// Which settings files of agents hold the hook: written down where it was put in, so that `level`, `doctor` and `uninstall` find it
// again. A list that cannot be read is an error, never an empty one.
import { SekishoError } from '../base/error.ts'
import { canonical, type Json } from '../base/json.ts'
import { type Installed, misshapen, unwire, type Wiring, wire } from '../guard/agent-settings.ts'
import { fileError, writeDurable } from '../sys/files.ts'
import { makeGuardPlaces } from './guard-places.ts'
import { readInstalled } from './look-at-hooks.ts'
import { readSettings, settingsText } from './settings-file.ts'
import { BACKUP, removeSettings, writeSettings } from './settings-write.ts'

async function writeInstalled(directory: string, hooks: readonly Installed[]): Promise<void> {
  const { installed } = await makeGuardPlaces(directory, undefined)
  await writeDurable(installed, `${canonical({ v: 1, hooks } as unknown as Json)}\n`, { mode: 0o644 })
}

/** In the first of these directories that this account may write. Throws file.* where it may write none. */
export async function remember(directories: readonly string[], hook: Installed): Promise<void> {
  const [directory, ...others] = directories
  if (directory === undefined) return
  try {
    const known = await readInstalled(directory)
    await writeInstalled(directory, [...known.filter(({ path }) => path !== hook.path), hook])
  } catch (cause) {
    const error = fileError(directory, cause)
    if (error.code !== 'file.no_permission' || others.length === 0) throw error
    await remember(others, hook)
  }
}

/** On the list before the work, and off it again where the work failed and it was not there before. Throws what both throw. */
export async function rememberedWhile<T>(
  directories: readonly string[],
  hook: Installed,
  work: () => Promise<T>,
): Promise<T> {
  const lists = await Promise.all(directories.map((one) => readInstalled(one).catch(() => [])))
  const wasThere = lists.flat().some(({ path }) => path === hook.path)
  await remember(directories, hook)
  try {
    return await work()
  } catch (cause) {
    if (!wasThere) await forget(directories, hook.path)
    throw cause
  }
}

/** Everywhere that this account may write it. */
export async function forget(directories: readonly string[], path: string): Promise<void> {
  for (const directory of directories) {
    const known = await readInstalled(directory)
    if (known.some((one) => one.path === path))
      await writeInstalled(
        directory,
        known.filter((one) => one.path !== path),
      )
  }
}

export interface Change {
  readonly path: string
  readonly before: string | undefined
  readonly after: string
  readonly isSame: boolean
  /** Does it; the copy of what was there, where something was. */
  readonly write: () => Promise<string | undefined>
}

/** What putting it in would change. Throws guard.settings_unreadable, file.*. */
export const puttingIn = (path: string, wiring: Wiring) => changing(path, wiring)
/** What taking it out would change. */
export const takingOut = (path: string) => changing(path, undefined)

async function changing(path: string, wiring: Wiring | undefined): Promise<Change> {
  const file = await readSettings(path)
  const fault = wiring === undefined ? undefined : misshapen(file.settings)
  if (fault !== undefined) throw new SekishoError('guard.settings_unreadable', { path, why: fault })
  const after = wiring === undefined ? unwire(file.settings) : wire(file.settings, wiring)
  if (isEqual(after, file.settings))
    return { path, before: file.text, after: file.text ?? '', isSame: true, write: async () => undefined }
  const asItWas = wiring === undefined ? await backupOf(path, after) : undefined
  const text = asItWas ?? settingsText(file, after)
  return {
    path,
    before: file.text,
    after: text,
    isSame: false,
    write: async () => {
      const backup = await writeSettings(file, text)
      if (asItWas === undefined) return backup
      // What it was before is what it is now: nothing of ours stays.
      await removeSettings(`${path}${BACKUP}`)
      if (text === '') await removeSettings(path)
      return undefined
    },
  }
}

/** The text from before the hook was put in, where taking it out leads back there; '' for a file that we made. */
async function backupOf(path: string, after: Json): Promise<string | undefined> {
  const { text, settings } = await readSettings(`${path}${BACKUP}`).catch(() => NONE)
  if (text !== undefined) return isEqual(settings, after) ? text : undefined
  return isEqual(after, {}) ? '' : undefined
}
const NONE = { text: undefined, settings: {} }

/** Settings of others may hold what we never hash: floats. */
const isEqual = (a: Json, b: Json) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one as Json)]))
}
