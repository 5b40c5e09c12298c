// Disks from further away: their backups, what a machine boots from, paths to them, and what wipes them by itself.
import type { Verb } from '../effect.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { fieldFor, nameOf, type Tool, touch } from '../tool.ts'
import { literal } from '../value.ts'
import { onDevices } from './devices.ts'

const tell = (call: Call, verb: Verb): void =>
  call.shell.emit({ verb, on: { kind: 'program', name: nameOf(call) }, reversible: 'no' }, call.span)

export const DISKS: readonly Tool[] = [
  {
    // `-u` writes down when; without a file it goes to the tape.
    names: 'dump rdump',
    short: 'aAbBdDefFhIjLMnqQsTvz',
    harmless: 'help version W w S',
    act: (call, args) => {
      const file = args.value('f')
      for (const field of args.operands) touch(call, 'path.read', field)
      if (file !== undefined) touch(call, 'path.write', file)
      else if (args.operands.length > 0)
        call.shell.emit(
          { verb: 'device.volume', on: { kind: 'program', name: 'tape' }, reversible: 'no' },
          call.span,
        )
      if (args.has('u')) touch(call, 'path.append', fieldFor(call, ['/etc/dumpdates']))
      return FROM_PROGRAM
    },
  },
  {
    names: 'restore',
    short: 'bfDFLsTQAX',
    act: (call, args) => {
      if (args.has('r R i x'))
        call.shell.emit(
          { verb: 'device.overwrite', on: { kind: 'program', name: 'restore' }, reversible: 'no' },
          call.span,
        )
      return FROM_PROGRAM
    },
  },
  {
    // They go over what they are given again and again; without a device they take every disk there is.
    names: 'nwipe scrub dban',
    short: 'lmprspLD',
    long: 'logfile method prng rounds verify exclude pattern size',
    harmless: 'help version h V',
    act: (call, args) => {
      onDevices(call, 'device.overwrite', args.operands)
      if (args.has('autonuke')) tell(call, 'device.overwrite')
      else for (const field of args.operands) touch(call, 'path.write', field, { note: 'shred' })
      return FROM_PROGRAM
    },
  },
  {
    // From one disk to another, or to a file.
    names: 'ddrescue dd_rescue dd_rhelp',
    short: 'abBcCdegiImMOprsStTwxXyY',
    act: (call, args) => {
      const [from, to] = args.operands
      if (from !== undefined) touch(call, 'path.read', from)
      if (to !== undefined) touch(call, 'path.write', to)
      return FROM_PROGRAM
    },
  },
  {
    // `bmaptool copy IMAGE DEVICE`
    names: 'bmaptool',
    act: (call, args) => {
      const [verb, from, to] = args.operands
      if (verb === undefined || literal(verb.value) !== 'copy') return FROM_PROGRAM
      if (from !== undefined) touch(call, 'path.read', from)
      if (to !== undefined) touch(call, 'path.write', to)
      return FROM_PROGRAM
    },
  },
  {
    // `-o delete` of a record, `-u` of a session whose disks somebody may have mounted.
    names: 'iscsiadm',
    short: 'mopTtIPrHdRsBxv',
    long: 'mode op portal targetname type interface print',
    act: (call, args) => {
      if (args.has('u logout') || /^delete$/.test(literal(args.value('o op')?.value ?? []) ?? ''))
        tell(call, 'device.volume')
      return FROM_PROGRAM
    },
  },
  {
    names: 'multipath multipathd',
    short: 'bBprv',
    act: (call, args) => {
      if (args.has('F f w W')) tell(call, 'device.volume')
      return FROM_PROGRAM
    },
  },
  {
    // Whoever writes waits until it is let go.
    names: 'fsfreeze xfs_freeze',
    act: (call, args) => {
      if (args.has('f freeze')) tell(call, 'host.change')
      return FROM_PROGRAM
    },
  },
  {
    names: 'grub-install grub2-install grub-bios-setup extlinux syslinux lilo bootctl efibootmgr',
    short: 'bdlopLueDcin',
    long: 'boot-directory efi-directory target directory bootloader-id modules install-modules esp-path',
    flags: 'recheck no-floppy force removable help version verbose',
    act: (call, args) => {
      const name = nameOf(call)
      const looks = name === 'bootctl' && /^(?:status|list|is-installed|)$/.test(args.word(0) ?? '')
      if (
        name === 'efibootmgr'
          ? args.options.some(({ name: one }) => /^[BcnoOadNtTxy]$|create|delete/.test(one))
          : !looks
      )
        tell(call, 'host.change')
      return FROM_PROGRAM
    },
  },
  {
    names: 'update-grub grub-mkconfig grub2-mkconfig update-initramfs dracut mkinitcpio grubby',
    short: 'okcgp',
    long: 'output kernel conf generate preset remove-kernel set-default update-kernel args remove-args',
    flags: 'help version info default-kernel default-index',
    act: (call, args) => {
      const name = nameOf(call)
      for (const field of args.values('o output')) touch(call, 'path.write', field)
      const writes = !name.endsWith('mkconfig') && !args.has('info default-kernel default-index A')
      if (writes) tell(call, 'host.change')
      return FROM_PROGRAM
    },
  },
  {
    names: 'fwupdmgr fwupdtool flashrom nvmupdate',
    act: (call, args) => {
      if (
        /^(?:install|update|upgrade|downgrade|reinstall|install-blob|switch-branch)$/.test(
          args.word(0) ?? '',
        ) ||
        args.has('w write E erase')
      )
        tell(call, 'host.change')
      return FROM_PROGRAM
    },
  },
]
