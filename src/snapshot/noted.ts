// What a person must know of what was read for a backup, though the copy is whole: it stands with what was seen at the place of the copies, and is
// said until a backup no longer finds it.
import type { BigIntStats } from 'node:fs'
import { hasSetId } from '../backup/manifest-lines.ts'
import type { DataDirectory } from '../backup/set.ts'
import { shown } from '../tree/openat.ts'

export interface Noted {
  /** What of a dump holds passwords as they are. */
  readonly passwords: string[]
  /** Declared names of secrets that no file has. */
  readonly absentSecrets: Set<string>
  /** Files that no restore brings back: setuid or setgid. */
  readonly setId: string[]
}

export function openNoted(): Noted {
  return { passwords: [], absentSecrets: new Set(), setId: [] }
}

/** Called with each file of the directory. */
export function lookerIn(
  { dir, secret }: DataDirectory,
  { absentSecrets, setId }: Noted,
): (path: Buffer, stat: Pick<BigIntStats, 'mode'>) => void {
  const wanted = new Map(secret.map((name) => [name, `${dir}/${name}`]))
  for (const name of wanted.values()) absentSecrets.add(name)
  return (path, stat) => {
    if (setId.length < MOST && hasSetId({ type: 'file', mode: Number(stat.mode & 0o7777n) }))
      setId.push(`${dir}/${shown(path)}`)
    if (wanted.size === 0) return
    const name = path.subarray(path.lastIndexOf(0x2f) + 1).toString('utf8')
    absentSecrets.delete(wanted.get(name) ?? '')
    wanted.delete(name)
  }
}

const MOST = 20
const ROOM = 4000

/** As the journal takes it: one a line. */
export function seenOf({ passwords, absentSecrets, setId }: Noted): Readonly<Record<string, string>> {
  return {
    ...(passwords.length === 0 ? {} : { passwords: passwords.join(', ').slice(0, 1000) }),
    ...(absentSecrets.size === 0 ? {} : { absentSecrets: lines([...absentSecrets]) }),
    ...(setId.length === 0 ? {} : { setId: lines(setId) }),
  }
}

function lines(all: readonly string[]): string {
  const kept: string[] = []
  let room = ROOM
  for (const one of all.slice(0, MOST)) {
    room -= one.length + 1
    if (room < 0) break
    kept.push(one)
  }
  const more = all.length - kept.length
  return [...kept, ...(more > 0 ? [`(+${more})`] : [])].join('\n')
}
