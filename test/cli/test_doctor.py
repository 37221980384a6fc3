"""``memory doctor --params``: a parameter file as the node would read it, and its endpoints."""

from __future__ import annotations

import json

from openai_server import OpenAIServer
import pytest

from memory_node.cli.main import main
from memory_node.ros.params_file import file_findings

FILE = """
/**:
  ros__parameters:
    use_sim_time: false
    retreival: {trace: true}
    save_interval_s: 30
    keyframes: {distance_m: 1e0, min_interval_s: -2.0}
    cameras: [front]
    camera: {x: 1.0, front: {x: 1.0, rol: 2.0}}
    metrics: {port: true}
    controller_frequency: 20.0
    qos_overrides: {/odom: {subscription: {depth: 7}}}
other:
  ros__parameters: {map_id: 7}
"""


@pytest.fixture
def told(tmp_path):
    """Return what is found in a parameter file with some content."""

    def look(content):
        path = tmp_path / 'params.yaml'
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(file_findings(path))

    return look


def test_what_the_node_would_refuse_or_ignore_is_named_with_its_mend(told):
    found = {f.found: f.level for f in told(FILE)}
    assert found == {
        'save_interval_s must be a number with a point, got 30: write 30.0': 'bad',
        'metrics.port must be a whole number, got True': 'bad',
        'keyframes.min_interval_s must be >= 0.0 s, got -2.0': 'bad',
        'camera.x is for one camera and there are several: set camera.front.x, got 1.0': 'bad',
        'parameter retreival.trace is not known and does nothing: retrieval.trace?': 'bad',
        'parameter camera.front.rol is not known and does nothing: camera.front.roll?': 'bad',
        'parameter controller_frequency is not known and does nothing': 'hint',
    }


def test_a_number_beyond_every_float_is_refused_by_name(told):
    (finding,) = told(f'memory: {{ros__parameters: {{save_interval_s: {"9" * 400}}}}}')
    assert finding.found.startswith('save_interval_s must be a number with a point, got 999')


def test_a_file_that_is_right_is_said_to_be_and_its_endpoint_asked(told):
    with OpenAIServer('yes') as server:
        model = f'{{model: m, base_url: "{server.base_url}"}}'
        found = told(f'ns: {{memory: {{ros__parameters: {{language_model: {model}}}}}}}')
    assert [f.level for f in found] == ['ok', 'ok']
    assert found[0].found == '2 parameters, all known'
    assert found[1].found.startswith('answers after')
    (request,) = server.requests
    assert request['max_tokens'] == 16


@pytest.mark.parametrize(
    ('content', 'why'),
    [
        ('', 'no section is for the node memory'),
        ('nav: {ros__parameters: {map_id: x}}', 'no section is for the node memory'),
        ('a: [', 'can not be read'),
        (b'\xff\xfe\x00', 'can not be read'),
        ('[' * 5000, 'can not be read'),
        ('#' * (1 << 21), 'can not be read'),
        ('memory: {ros__parameters: {language_model: {base_url: "http://a:hid@h"}}}', 'no user'),
        ('memory: {ros__parameters: 7}', 'not known'),
    ],
)
def test_a_file_that_is_none_is_told_in_a_line(told, content, why):
    (finding,) = told(content)
    assert finding.level == 'bad'
    assert why in finding.found
    assert 'hid' not in finding.found


def test_the_command_tells_what_is_in_the_file(tmp_path, capsys):
    path = tmp_path / 'params.yaml'
    path.write_text(FILE)
    store = str(tmp_path / 'none.sqlite')
    assert main(['doctor', '--json', '--no-ros', '--params', str(path), '--store', store]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(f['about'] == f'parameters {path}' for f in found) == 7
