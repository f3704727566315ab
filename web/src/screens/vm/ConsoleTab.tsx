// The console of a VM, with its CD drive at hand.
import { useAll } from '../../api/useList.ts';
import type { Vm } from '../../api/types.ts';
import { EJECT_CD, IMAGES, insertCd } from '../../actions/devices.ts';
import { InPlace } from '../../actions/InPlace.tsx';
import Console from '../../components/Console/Console.tsx';
import { containing } from '../../components/filterText.ts';

export default function ConsoleTab({ object: vm }: { object: Vm }) {
  return (
    <Console id={vm.id} name={vm.name_label} isRunning={vm.power_state === 'Running'} ownWindow={`/console/vms/${vm.id}`}>
      <CdButtons vm={vm} />
    </Console>
  );
}

/** The ids of the storage of a pool that CD images lie in. */
export function useImageRepositories(pool: string): string[] {
  return useAll('srs', `${containing('$pool', pool)} ${IMAGES}`, ['id', 'name_label']).rows.map((sr) => sr.id);
}

export function CdButtons({ vm }: { vm: Vm }) {
  const repositories = useImageRepositories(vm.$pool);
  const drives = useAll('vbds', `${containing('VM', vm.id)} is_cd_drive?`, ['id', 'VDI'], 'position').rows;
  return (
    <>
      <InPlace action={insertCd(repositories)} object={vm} />
      {drives.some((drive) => drive.VDI) && <InPlace action={EJECT_CD} object={vm} />}
    </>
  );
}
