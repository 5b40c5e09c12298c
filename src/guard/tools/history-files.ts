// Version control beside git as a reader and a writer of files: what it shows, what goes into the history, what comes back out of it.
import type { Tool } from '../tool.ts'
import { type Made, made } from './made.ts'

const HG =
  'r rev R repository cwd config I include X exclude U unified m message l logfile u user d date c change'
const SVN = 'r revision c change m message F file username password depth config-dir x extensions'
/** Counts and names. */
const COUNTS = 'stat name-only summarize summary s brief'

const ROWS: readonly Made[] = [
  {
    names: 'hg sl chg',
    verbs: 'cat annotate blame diff export identify grep commit ci add',
    files: 'o output',
    takes: HG,
    idle: 'stat',
  },
  { names: 'hg sl chg', verbs: 'log history', takes: HG, needs: 'p patch' },
  { names: 'hg sl chg', verbs: 'revert resolve', takes: HG, words: 'edit', idle: 'n dry-run' },
  {
    names: 'hg sl chg',
    verbs: 'archive',
    reads: 'I include',
    takes: 'r rev R X exclude t type p prefix',
    words: 'into',
  },
  { names: 'hg sl chg', verbs: 'import patch', takes: HG },
  {
    names: 'svn',
    verbs: 'cat diff blame praise annotate ann commit ci add import',
    takes: SVN,
    idle: COUNTS,
  },
  { names: 'svn', verbs: 'log', takes: SVN, needs: 'diff' },
  { names: 'svn', verbs: 'revert update up patch', takes: SVN, words: 'edit', idle: 'dry-run' },
  {
    names: 'jj',
    verbs: 'diff interdiff evolog squash restore',
    takes: 'r revision from f to t R repository config',
    idle: COUNTS,
  },
  { names: 'jj', verbs: 'log show', takes: 'r revisions n limit T template', needs: 'p patch git' },
  {
    names: 'fossil',
    verbs: 'cat diff blame annotate praise commit add finfo',
    takes: 'r from to m R',
    style: 'words',
    alone: 'brief',
  },
  { names: 'fossil', verbs: 'revert', takes: 'r', words: 'edit' },
  { names: 'bzr brz', verbs: 'cat diff annotate blame commit add', takes: 'r revision m message' },
  { names: 'bzr brz', verbs: 'revert', takes: 'r revision', words: 'edit' },
  { names: 'darcs', verbs: 'diff annotate record add show', takes: 'm p matches' },
  { names: 'pijul', verbs: 'diff record add credit', takes: 'm message' },
  { names: 'p4', verbs: 'print diff annotate submit add', takes: 'o d c m' },
  { names: 'cvs', verbs: 'diff annotate commit ci add', takes: 'r D m d' },
  { names: 'cvs', verbs: 'update', takes: 'r D j k', needs: 'p' },
  // Scripts of theirs.
  { names: 'lftp', style: 'posix', reads: 'f', takes: 'c e p u', words: 'names' },
  { names: 'R Rscript', style: 'posix', reads: 'f file', takes: 'e g', words: 'names' },
]

const FILES: Made = { names: '', takes: 'r revision R repository' }

export const HISTORY_FILES: readonly Tool[] = [
  ...ROWS.map(made),
  {
    names: 'jj',
    style: 'posix',
    long: 'repository config at-operation color',
    short: 'R',
    sub: { file: { sub: { 'show annotate print': made(FILES), '*': {} } }, '*': {} },
  },
]
