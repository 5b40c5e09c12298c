// Declared files that were changed outside of Sekisho while an incident is open, by the last stored look: each stands in its timeline.

import { type EditedFile, type Incident, isOpen } from '../incident/incident.ts'
import type { StoredIncident } from '../incident/store.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Gate } from './gate.ts'
import { writeIncident } from './incident-store.ts'
import { readWatch, type Watch } from './watch.ts'

/** One entry a file that was changed, and one where it is as it was known again. */
export async function noteEditedFiles(gate: Gate, stored: StoredIncident): Promise<StoredIncident> {
  if (!isOpen(stored.incident)) return stored
  const { edited, putBack } = declaredFilesOf(stored.incident, gate.policy(), await readWatch(gate.db))
  let last = stored
  for (const file of edited)
    last = await writeIncident(gate, 'system', stored.incident.id, (one) =>
      (one.edited ?? []).some(({ path }) => path === file.path)
        ? undefined
        : {
            incident: { ...one, edited: [...(one.edited ?? []), file] },
            kind: 'file',
            payload: { event: 'changed', path: file.path, at: file.since },
          },
    )
  for (const path of putBack)
    last = await writeIncident(gate, 'system', stored.incident.id, (one) =>
      (one.edited ?? []).every((each) => each.path !== path)
        ? undefined
        : {
            incident: { ...one, edited: (one.edited ?? []).filter((each) => each.path !== path) },
            kind: 'file',
            payload: { event: 'put_back', path },
          },
    )
  return last
}

/**
 * Of the service; of a break-in those of the whole host. `putBack`: paths of the incident's edited files that are as they were known again. Of a file that is
 * declared no more, or was not looked at since, nobody knows that: it stays as it was noted. Pure.
 */
export function declaredFilesOf(
  { service, level, host, edited = [] }: Pick<Incident, 'service' | 'level' | 'host' | 'edited'>,
  { services }: Pick<CompiledPolicy, 'services'>,
  { files }: Pick<Watch, 'files'>,
): { readonly edited: readonly EditedFile[]; readonly putBack: readonly string[] } {
  const own = services.filter((one) => (level === 3 ? one.host === host : one.name === service))
  const declared = new Set(own.flatMap(({ name, files: of }) => of.map(({ path }) => `${name} ${path}`)))
  const looked = Object.values(files).filter((one) => declared.has(`${one.service} ${one.path}`))
  return {
    edited: looked.flatMap(({ path, edited: by }) => (by === undefined ? [] : [{ path, since: by.since }])),
    putBack: edited.flatMap(({ path }) => {
      const looks = looked.filter((one) => one.path === path)
      return looks.length > 0 && looks.every((one) => one.edited === undefined) ? [path] : []
    }),
  }
}
