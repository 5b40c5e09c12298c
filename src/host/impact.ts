// What a change of this file touches, computed and not claimed: server names and addresses of nginx, the units that read it.

import { SekishoError } from '../base/error.ts'
import { kindRow } from '../plans/config-kinds/registry.ts'
import { type ConfigFile, declaredFile, type Service } from '../plans/policy.ts'
import type { ImpactFacts } from '../seal/protocol.ts'
import type { ReadContext } from './context.ts'
import { mayLead } from './file-facts.ts'
import { listenerText } from './listener-text.ts'
import { isEffective } from './nginx-config.ts'
import { listenersOf } from './nginx-listeners.ts'
import { liveNginx, NGINX_MAIN } from './nginx-live.ts'
import { readUnitState, showProperties } from './unit-facts.ts'
import { unitsTouched } from './units-touched.ts'
import { resolveLinks } from './walk.ts'

export async function readImpact(path: string, c: ReadContext): Promise<ImpactFacts> {
  const owner = ownerOf(path, c)
  if (owner === undefined) throw new SekishoError('file.not_declared', { path })
  const { file, service } = owner
  const { real } = await resolveLinks(path)
  if (real !== path && !(await mayLead(c.policy, file, real)))
    throw new SekishoError('file.link_leaves', { path, to: real })
  const { impact } = kindRow(file.kind)
  if (impact === 'none' && file.activation === 'none') return { serverNames: [], listeners: [], units: [] }
  const units = [file.unit ?? service.unit, ...unitsTouched([path])].flatMap((unit) => unit ?? [])
  const all = [...new Set([...units, ...(await dependents(units, c))])].toSorted((a, b) => (a < b ? -1 : 1))
  if (impact === 'nginx') return { ...ofNginx(real), units: all }
  return { serverNames: [], listeners: await ofUnits(units, c), units: all }
}

function ownerOf(path: string, c: ReadContext): { file: ConfigFile; service: Service } | undefined {
  for (const service of c.policy.services) {
    const file = declaredFile(service, path)
    if (file !== undefined) return { file, service }
  }
  return undefined
}

/** The names and addresses that the file itself brings; of a file that others take in, those of everything. */
function ofNginx(real: string): Pick<ImpactFacts, 'serverNames' | 'listeners'> {
  const whole = liveNginx(NGINX_MAIN)
  const own =
    real === NGINX_MAIN.main || !isEffective(whole, real) ? whole : liveNginx({ ...NGINX_MAIN, main: real })
  const { serverNames, listens } = own.listens.length > 0 || own.serverNames.length > 0 ? own : whole
  return {
    serverNames: serverNames.toSorted((a, b) => (a < b ? -1 : 1)),
    listeners: listens.map(listenerText).toSorted((a, b) => (a < b ? -1 : 1)),
  }
}

/** What the running service listens on now. */
async function ofUnits(units: readonly string[], c: ReadContext): Promise<readonly string[]> {
  if (!c.systemctl) return []
  const found = new Set<string>()
  for (const unit of units) {
    const { mainPid } = await readUnitState(unit, c)
    for (const listener of mainPid === 0 ? [] : (listenersOf(mainPid) ?? []))
      found.add(listenerText(listener))
  }
  return [...found].toSorted((a, b) => (a < b ? -1 : 1))
}

/** Units that PID 1 stops or restarts with these. */
export async function dependents(
  units: readonly string[],
  c: Pick<ReadContext, 'systemctl' | 'run' | 'signal'>,
): Promise<readonly string[]> {
  if (!c.systemctl) return []
  const names = ['RequiredBy', 'BoundBy', 'ConsistsOf']
  const shown = await Promise.all(units.map((unit) => showProperties(unit, names, c)))
  return shown
    .flatMap((one) => names.flatMap((name) => (one.get(name) ?? '').split(' ')))
    .filter((name) => name !== '' && !name.endsWith('.target'))
}
