// Who the service is in the room: the same numbers as on the host, so that modes and owners mean the same.
import type { Owners } from '../tree/owners.ts'
import type { Identity } from './protocol.ts'
import type { RehearsedUnit } from './unit.ts'

export interface Account extends Identity {
  readonly name: string
  readonly passwd: readonly string[]
  readonly group: readonly string[]
}

const HOME = '/nonexistent'

/** `root`: a service that runs as root is not rehearsed, for in the room it could speak in our place. Undefined: the host does not know the user. */
export function accountOf(unit: RehearsedUnit, owners: Owners): Account | 'root' | undefined {
  if (unit.user === '' || unit.user === 'root' || unit.user === '0') return 'root'
  const uid = /^\d+$/.test(unit.user) ? Number(unit.user) : owners.uid(unit.user)
  if (uid === undefined) return undefined
  if (uid === 0) return 'root'
  const name = owners.userName(uid) ?? unit.user
  const groupName = unit.group === '' ? name : unit.group
  const gid = /^\d+$/.test(groupName) ? Number(groupName) : owners.gid(groupName)
  if (gid === undefined) return undefined
  return {
    uid,
    gid,
    name,
    passwd: /^[a-z_][a-z0-9_-]*\$?$/i.test(name)
      ? [`${name}:x:${uid}:${gid}::${HOME}:/usr/sbin/nologin`]
      : [],
    group: /^[a-z_][a-z0-9_-]*$/i.test(groupName) ? [`${groupName}:x:${gid}:`] : [],
  }
}
