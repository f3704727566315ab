// The disks that a template brings of its own: its CD drives are none.
import type { VmTemplate } from '../../api/types.ts';
import { useAll } from '../../api/useList.ts';
import { containing, oneOf } from '../../components/filterText.ts';

/** Their sizes; `undefined` while nobody knows, or without a template. */
export function useBroughtDisks(template: VmTemplate | undefined): readonly number[] | undefined {
  const { rows: vbds, total } = useAll('vbds', template ? `${containing('VM', template.id)} !is_cd_drive?` : undefined, ['id', 'VDI'], 'position');
  const ids = vbds.flatMap(({ VDI }) => (VDI ? [VDI] : []));
  const { rows: vdis } = useAll('vdis', template && ids.length > 0 ? oneOf('id', ids) : undefined, ['id', 'size']);
  if (!template || total === undefined) return undefined;
  return ids.map((id) => vdis.find((vdi) => vdi.id === id)?.size ?? 0);
}
