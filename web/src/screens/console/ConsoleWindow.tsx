// A console in a window of its own: of a VM or of a host, without the frame of the application.
import { Flex, FlexItem, Title } from '@patternfly/react-core';
import { useParams } from 'wouter';

import { ActionMenu } from '../../actions/ActionMenu.tsx';
import { useObject } from '../../api/useObject.ts';
import { NotFound } from '../../app/NotFound.tsx';
import { useTitle } from '../../app/useTitle.ts';
import Console from '../../components/Console/Console.tsx';
import { StateLabel } from '../../components/StateLabel.tsx';
import { Waiting } from '../../components/Waiting.tsx';
import { CdButtons } from '../vm/ConsoleTab.tsx';

export default function ConsoleWindow() {
  const { collection, id } = useParams<{ collection: string; id: string }>();
  if (collection === 'vms') return <OfVm id={id} />;
  if (collection === 'hosts') return <OfHost id={id} />;
  return <NotFound />;
}

function OfVm({ id }: { id: string }) {
  const { data: vm, error } = useObject('vms', id);
  useTitle(vm?.name_label);
  if (error?.status === 404 || vm === null) return <NotFound />;
  if (!vm) return <Waiting />;
  return (
    <main className="xo-alone">
      <Flex>
        <StateLabel state={vm.power_state} />
        <Title headingLevel="h1" size="lg">
          {vm.name_label}
        </Title>
        <FlexItem align={{ default: 'alignRight' }}>
          <ActionMenu collection="vms" objects={[vm]} />
        </FlexItem>
      </Flex>
      <Console id={vm.id} name={vm.name_label} isRunning={vm.power_state === 'Running'}>
        <CdButtons vm={vm} />
      </Console>
    </main>
  );
}

function OfHost({ id }: { id: string }) {
  const { data: host, error } = useObject('hosts', id);
  useTitle(host?.name_label);
  if (error?.status === 404 || host === null) return <NotFound />;
  if (!host) return <Waiting />;
  return (
    <main className="xo-alone">
      <Flex>
        <StateLabel state={host.power_state} />
        <Title headingLevel="h1" size="lg">
          {host.name_label}
        </Title>
      </Flex>
      {host.controlDomain && <Console id={host.controlDomain} name={host.name_label} isRunning={host.power_state === 'Running'} />}
    </main>
  );
}
