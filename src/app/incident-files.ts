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
  const now = editedOf(stored.incident, gate.policy(), await readWatch(gate.db))
  let last = stored
  for (const file of now)
    last = await writeIncident(gate, 'system', stored.incident.id, (one) =>
      (one.edited ?? []).some(({ path }) => path === file.path)
        ? undefined
        : {
            incident: { ...one, edited: [...(one.edited ?? []), file] },
            kind: 'file',
            payload: { event: 'changed', path: file.path, at: file.since },
          },
    )
  const isGone = ({ path }: EditedFile) => !now.some((one) => one.path === path)
  for (const { path } of (stored.incident.edited ?? []).filter(isGone))
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

/** Of the service; of a break-in those of the whole host. */
function editedOf(
  { service, level, host }: Incident,
  { services }: CompiledPolicy,
  { files }: Watch,
): readonly EditedFile[] {
  const own = services.filter((one) => (level === 3 ? one.host === host : one.name === service))
  const declared = new Set(own.flatMap(({ name, files: of }) => of.map(({ path }) => `${name} ${path}`)))
  return Object.values(files).flatMap(({ path, service: of, edited }) =>
    edited === undefined || !declared.has(`${of} ${path}`) ? [] : [{ path, since: edited.since }],
  )
}
