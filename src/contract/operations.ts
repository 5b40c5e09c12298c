// Every operation of the gate, one row each. Routes, the OpenAPI page, the matrix of `may` and the client of the command line are made
// from this table: a new operation is a row here, its function in app/, and its line among the handlers of http/.
import type { Grant, Operation } from './operation.ts'
import { CHANGE_OPERATIONS } from './operations/change.ts'
import { INCIDENT_OPERATIONS } from './operations/incident.ts'
import { BESIDE_THE_GATE, INSTALLATION_OPERATIONS } from './operations/installation.ts'
import { LEDGER_OPERATIONS } from './operations/ledger.ts'
import { LOGIN_OPERATIONS } from './operations/login.ts'
import { NOTICE_OPERATIONS } from './operations/notice.ts'
import { SERVICE_OPERATIONS } from './operations/service.ts'

export const OPERATIONS = {
  ...LOGIN_OPERATIONS,
  ...CHANGE_OPERATIONS,
  ...LEDGER_OPERATIONS,
  ...SERVICE_OPERATIONS,
  ...INCIDENT_OPERATIONS,
  ...INSTALLATION_OPERATIONS,
  ...NOTICE_OPERATIONS,
} as const
type Rows = typeof OPERATIONS
export type OperationName = keyof Rows

type GrantedIn<P> = P extends string | readonly string[] ? never : keyof P & string
/** What `may` is asked about. Several operations can rest on one permission, and one operation on several. */
export type PermissionName =
  | { [N in OperationName]: GrantedIn<Rows[N]['permission']> }[OperationName]
  | keyof typeof BESIDE_THE_GATE

const isGranting = (permission: Operation['permission']): permission is Readonly<Record<string, Grant>> =>
  typeof permission === 'object' && !Array.isArray(permission)

/** Who may do what. What no row grants is denied. */
export const GRANTS = Object.freeze({
  ...Object.assign(
    {},
    ...Object.values<Operation>(OPERATIONS).map(({ permission }) =>
      isGranting(permission) ? permission : {},
    ),
  ),
  ...BESIDE_THE_GATE,
}) as Readonly<Record<PermissionName, Grant>>

export const PERMISSIONS = Object.keys(GRANTS) as readonly PermissionName[]
