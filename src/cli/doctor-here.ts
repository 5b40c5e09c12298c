// What `doctor` looks at itself where the gate gives no answer: it is down, or does not accept the caller.
import { existsSync } from 'node:fs'
import { lstat, statfs } from 'node:fs/promises'
import { type Places, placesOf, SYSTEM_DATA, SYSTEM_ETC } from '../app/places.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { Call } from './command.ts'

/** With less free space the store does not start, and neither does anything new. */
const FLOOR_BYTES = 64 * 1_048_576

export async function factsHere(call: Call): Promise<readonly DoctorFact[]> {
  const { data, compiledRunner, source } = placesMeant(call)
  const facts: DoctorFact[] = []
  if (await isMissing(compiledRunner))
    facts.push({
      name: 'policy',
      state: 'bad',
      code: (await isMissing(source)) ? 'doctor.no_rules' : 'doctor.rules_never_applied',
      values: { path: source },
    })
  const space = await statfs(data).catch(() => undefined)
  const bytes = space === undefined ? undefined : space.bavail * space.bsize
  if (bytes !== undefined && bytes < FLOOR_BYTES)
    facts.push({
      name: 'disk',
      state: 'bad',
      code: 'doctor.disk_low',
      values: { path: data, bytes, floor: FLOOR_BYTES },
    })
  return facts
}

/** The places of the gate that would be asked: the user's own, else the system's. */
function placesMeant({ place, uid }: Call): Places {
  const own = placesOf(place.socket?.data ?? place.data)
  return uid !== 0 && !existsSync(own.etc) && existsSync(SYSTEM_ETC) ? placesOf(SYSTEM_DATA) : own
}

/** Unreadable is not missing: the directory of the rules belongs to root and the gate. */
const isMissing = (path: string) =>
  lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )
