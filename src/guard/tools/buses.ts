// Clients of D-Bus: the managers of services and of power take the same orders there as from their own command lines.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'
import { emitService } from './container-run.ts'
import { power } from './power.ts'

type Act = Parameters<typeof emitService>[2]

/** Methods of org.freedesktop.systemd1.Manager, which name a unit, and of the unit's own object. */
const ORDERS: readonly (readonly [Act, RegExp])[] = [
  ['reload', /^Reload(?:Unit)?$/],
  ['restart', /^(?:Try)?Restart(?:Unit)?$|^ReloadOr(?:Try)?Restart(?:Unit)?$/],
  ['disable', /^DisableUnitFiles\w*$/],
  ['mask', /^MaskUnitFiles$/],
  ['stop', /^(?:Stop|Kill|Freeze|Clean)(?:Unit)?$|^QueueSignalUnit$|^SetUnitProperties$|^SetProperties$/],
]
/** Of login1, and of systemd1.Manager. */
const POWERS =
  /^(?:PowerOff|Halt|Suspend|Hibernate|HybridSleep|SuspendThenHibernate|Sleep|Exit)(?:WithFlags)?$/
const BOOTS = /^(?:Reboot|KExec|SoftReboot|SwitchRoot)(?:WithFlags)?$/
const OBJECT = '/org/freedesktop/systemd1/unit/'

/** `_2d` is a dash: what a name may not hold stands as its number. */
const unescaped = (name: string) =>
  name.replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

function bus(call: Call): undefined {
  const words = call.args.map(
    (field) => [field, (literal(field.value) ?? '').replace(/^(?:string|objpath):/, '')] as const,
  )
  if (!words.some(([, word]) => word.startsWith('org.freedesktop.'))) return
  const units: Field[] = []
  for (const [field, word] of words) {
    const plain = word.replace(/^['"[]+|['"\]]+$/g, '')
    if (plain.startsWith(OBJECT)) units.push({ ...field, value: [unescaped(plain.slice(OBJECT.length))] })
    else if (/^[^/\s]+\.(?:service|socket|target|slice|scope|timer|mount)$/.test(plain))
      units.push({ ...field, value: [plain] })
  }
  for (const [, word] of words) {
    const method = word.slice(word.lastIndexOf('.') + 1)
    if (BOOTS.test(method)) power(call, 'reboot')
    else if (POWERS.test(method)) power(call, 'shutdown')
    const act = ORDERS.find(([, pattern]) => pattern.test(method))?.[0]
    if (act !== undefined) for (const unit of units) emitService(call, 'systemd', act, unit)
  }
}

export const BUSES: readonly Tool[] = [
  { names: 'busctl dbus-send gdbus qdbus qdbus-qt5 qdbus6', style: 'posix', harmless: '-', act: bus },
]
