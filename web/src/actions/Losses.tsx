// What is lost with VMs that are deleted: their snapshots, and those disks that no other VM has.
import { Content, List, ListItem } from '@patternfly/react-core';
import { useTranslation } from 'react-i18next';

import { useAll } from '../api/useList.ts';
import { oneOf } from '../components/filterText.ts';
import { bytes } from '../components/units.ts';

const SHOWN = 10;
/** Of more VMs, what they lose is not told one by one. */
const MOST_VMS = 20;
const MOST_DISKS = 500;

/** `ids` are those of the VMs. */
export function Losses({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation();
  const isFew = ids.length > 0 && ids.length <= MOST_VMS;
  const { rows: vbds } = useAll('vbds', isFew ? `${oneOf('VM', ids)} !is_cd_drive?` : undefined, ['id', 'VDI'], 'position', MOST_DISKS);
  const vdis = vbds.flatMap(({ VDI }) => (VDI ? [VDI] : []));
  const { rows: attached } = useAll('vdis', vdis.length > 0 ? oneOf('id', vdis) : undefined, ['id', 'name_label', 'size', '$VBDs'], 'name_label', MOST_DISKS);
  const { rows: snapshots } = useAll('vm-snapshots', isFew ? oneOf('$snapshot_of', ids) : undefined, ['id', 'name_label'], 'name_label', MOST_DISKS);
  const own = new Set(vbds.map(({ id }) => id));
  const disks = attached.filter(({ $VBDs }) => $VBDs.every((vbd) => own.has(vbd)));
  if (!isFew) return <Content component="p">{t('confirm.losesAll')}</Content>;
  return (
    <>
      <Lost title={t('confirm.losesDisks', { count: disks.length })} what={disks.map(({ id, name_label, size }) => [id, `${name_label} (${bytes(size)})`])} />
      <Lost title={t('confirm.losesSnapshots', { count: snapshots.length })} what={snapshots.map(({ id, name_label }) => [id, name_label])} />
    </>
  );
}

function Lost({ title, what }: { title: string; what: readonly (readonly [string, string])[] }) {
  const { t } = useTranslation();
  if (what.length === 0) return null;
  return (
    <>
      <Content component="p">{title}</Content>
      <List>
        {what.slice(0, SHOWN).map(([id, text]) => (
          <ListItem key={id}>{text}</ListItem>
        ))}
        {what.length > SHOWN && <ListItem>{t('confirm.more', { count: what.length - SHOWN })}</ListItem>}
      </List>
    </>
  );
}
