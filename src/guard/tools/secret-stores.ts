// Stores of passwords of a person: what a program of theirs prints is what lies in them.
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { COMPONENT, concat, type Value } from '../value.ts'

const inHome = (call: Call, path: string, name: Value = []) =>
  fieldFor(call, concat(['/home/'], [COMPONENT], [`/${path}`], name))

/** Verbs of pass that show nothing of what is kept. */
const PASS_LISTS = /^(?:ls|list|find|search|init|git|insert|add|generate|help|version|mv|rename|cp|copy)$/

const pass: NonNullable<Tool['act']> = (call, args) => {
  const [first, second] = args.operands
  const verb = args.word(0)
  if (verb === undefined || PASS_LISTS.test(verb)) return FROM_PROGRAM
  const isVerb = /^(?:show|edit|otp|grep|rm|remove|delete|cat)$/.test(verb)
  const name = isVerb ? second : first
  const field = inHome(call, '.password-store/', concat(name?.value ?? [COMPONENT], ['.gpg']))
  if (/^(?:rm|remove|delete)$/.test(verb))
    touch(call, 'path.delete', field, { recursive: args.has('r recursive') })
  else touch(call, 'path.read', field)
  return FROM_PROGRAM
}

/** `security find-generic-password -w`: without it only what the entry is called is shown. */
const keychain: NonNullable<Tool['act']> = (call, args) => {
  const verb = args.word(0) ?? ''
  const prints =
    (/^find-(?:generic|internet)-password$/.test(verb) && args.has('w g')) ||
    (verb === 'dump-keychain' && args.has('d')) ||
    verb === 'export'
  if (prints) touch(call, 'path.read', inHome(call, 'Library/Keychains/login.keychain-db'))
  return undefined
}

export const SECRET_STORES: readonly Tool[] = [
  { names: 'pass gopass', short: 'ip', flags: 'clip qrcode recursive force', act: pass },
  { names: 'security', short: 'acCdDjlrstkofP', act: keychain },
  {
    names: 'secret-tool',
    style: 'posix',
    act: (call, args) => {
      if (/^(?:lookup|search)$/.test(args.word(0) ?? ''))
        touch(call, 'path.read', inHome(call, '.local/share/keyrings/login.keyring'))
      else if (args.word(0) === 'clear')
        touch(call, 'path.delete', inHome(call, '.local/share/keyrings/login.keyring'))
      return undefined
    },
  },
]
