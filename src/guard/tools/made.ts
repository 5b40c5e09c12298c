// Programs that make files out of files, as rows: options that name a file or a tree that is written, options that name one that is read,
// and what their words are.
import type { Arguments, Grammar } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, literal, prefix, suffix, text } from '../value.ts'
import { runOption } from './options.ts'

export interface Made {
  /** Separated by blanks, like all of these. */
  readonly names: string
  /** Options whose value is a file that is written. */
  readonly files?: string
  /** Options whose value is a directory in which files appear. */
  readonly trees?: string
  /** Options whose value is read. */
  readonly reads?: string
  /** Options whose value is read and shown to nobody: a key that something is opened with, variables for what is started. */
  readonly uses?: string
  /** Options whose value is a text for a shell. */
  readonly code?: string
  /** Other options with a value. */
  readonly takes?: string
  /** Options without one, where a shortened name or a bundle could be taken for another. */
  readonly alone?: string
  /** Letters whose value, if any, is attached: `-Wall`, `-std=c11`. */
  readonly attached?: string
  readonly style?: Grammar['style']
  /** First words with which it does so; with all where there are none. */
  readonly verbs?: string
  /**
   * What the words are: `read` (where it is not said), `last`: all are read but the last, which is written; `second`: that one is written;
   * `edit`: they are changed where they are; `tree`: the last is a directory in which files appear, `into`: the first is; `names`: no files.
   */
  readonly words?: 'read' | 'last' | 'second' | 'edit' | 'tree' | 'into' | 'names'
  /** `from:to` is one word. */
  readonly pairs?: true
  /** Without one of `trees` files appear in the directory that it runs in. */
  readonly here?: true
  /** Only with one of these. */
  readonly needs?: string
  /** With one of these nothing is written. */
  readonly idle?: string
}

const list = (source: string | undefined): readonly string[] =>
  source === undefined || source === '' ? [] : source.split(' ')

export function made(one: Made): Tool {
  const valued = [one.files, one.trees, one.reads, one.uses, one.code, one.takes].flatMap(list)
  const isWords = one.style === 'words'
  return {
    names: one.names,
    ...(one.style === undefined ? {} : { style: one.style }),
    ...(one.attached === undefined ? {} : { attached: one.attached }),
    ...(one.alone === undefined ? {} : { flags: one.alone }),
    short: isWords ? '' : valued.filter((name) => name.length === 1).join(''),
    long: (isWords ? valued : valued.filter((name) => name.length > 1)).join(' '),
    act: (call, args) => {
      apply(one, call, args)
      return undefined
    },
  }
}

function apply(one: Made, call: Call, args: Arguments): void {
  const isVerb = one.verbs !== undefined
  if (isVerb && !list(one.verbs).includes(args.word(0) ?? '')) return
  if (one.idle !== undefined && args.has(one.idle)) return
  if (one.needs !== undefined && !args.has(one.needs)) return
  const words = isVerb ? args.operands.slice(1) : args.operands
  for (const field of one.reads === undefined ? [] : args.values(one.reads)) read(call, field)
  for (const field of one.uses === undefined ? [] : args.values(one.uses))
    each(field, (file) => touch(call, 'path.read', file, { note: 'handed' }))
  for (const field of one.files === undefined ? [] : args.values(one.files)) write(call, field)
  for (const field of one.code === undefined ? [] : args.values(one.code)) runOption(call, field, 'shell')
  const trees = one.trees === undefined ? [] : args.values(one.trees)
  for (const field of trees) fill(call, field)
  if (one.here === true && trees.length === 0) fill(call, fieldFor(call, ['.']))
  if (one.words !== 'names') for (const [i, field] of words.entries()) word(one, call, field, i, words.length)
}

function word(one: Made, call: Call, field: Field, i: number, length: number): void {
  const how = one.words ?? 'read'
  const target = how === 'second' ? 1 : how === 'last' ? Math.max(1, length - 1) : -1
  if (i === target) write(call, field)
  else if ((how === 'tree' && i === length - 1) || (how === 'into' && i === 0)) fill(call, field)
  else if (one.pairs === true && prefix(field.value).includes(':')) {
    const [from, to] = (literal(field.value) ?? '').split(':')
    if (from !== undefined) read(call, { ...field, value: text(from) })
    if (to !== undefined) write(call, { ...field, value: text(to) })
  } else {
    read(call, field)
    if (how === 'edit') touch(call, 'path.write', field, { note: 'edited' })
  }
}

/** `html:dir`, `a.scss:b.css`, `@file`: what stands behind the mark is a name as well. */
function namesIn(field: Field): readonly Field[] {
  const start = prefix(field.value)
  const marked = start.startsWith('@') ? after(field.value, '@') : undefined
  if (marked !== undefined) return [{ ...field, value: marked }]
  const end = suffix(field.value)
  const colon = /^[a-z][\w+.-]*:\/\//i.test(start) ? -1 : end.lastIndexOf(':')
  return colon === -1 || literal(field.value) === undefined
    ? [field]
    : [field, { ...field, value: text(end.slice(colon + 1)) }]
}

const isNone = ({ value }: Field): boolean =>
  /^(?:-|\/dev\/(?:null|stdout|stderr)|)$/.test(literal(value) ?? '?')

function each(field: Field, act: (one: Field) => void): void {
  for (const one of namesIn(field)) if (!isNone(one)) act(one)
}
const read = (call: Call, field: Field): void => each(field, (one) => touch(call, 'path.read', one))
const write = (call: Call, field: Field): void => each(field, (one) => touch(call, 'path.write', one))
export const fill = (call: Call, field: Field): void =>
  each(field, (one) => touch(call, 'path.create', one, { note: 'unpacked' }))
