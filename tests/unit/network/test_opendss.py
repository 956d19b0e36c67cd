"""OpenDSS scripts: every element that is read agrees with the engine, every other is named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import gridplan as gp
from gridplan.powerflow.components import transformer_admittance
from tests.validation.opendss_peer import solve_script

UNIT = (
    "new transformer.t phases=3 windings=2 buses=[{hv} {lv}] conns=[{conns}] kvs=[10 0.4] "
    "kvas=[100 100] xhl=4 %rs=[0.5 0.7] {more}"
)
GROUND = "new reactor.g phases=1 bus1=b.4 bus2=b.0 r=2 x=0.1"
WIRES = (
    "phases=4 rmatrix=(1|.1 1|.1 .1 1|.1 .1 .1 1) xmatrix=(1|.3 1|.3 .3 1|.3 .3 .3 1) "
    "cmatrix=(5|-1 5|-1 -1 5|-1 -1 -1 6) length=0.1 units=km"
)
LOADS = """new load.one phases=1 bus1=c.1.4 kv=.23 kw=5 kvar=1
new load.two phases=1 bus1=c.2.4 kv=.23 kw=2 kvar=1
new load.tri phases=3 bus1=c.1.2.3.4 kv=.4 kw=4 pf=.9
"""
LINE_TO_EARTH = f"new line.x bus1=b.1.2.3.4 bus2=d.1.2.3.0 {WIRES}"


def unit(conns: str, more: str = "", hv: str = "a", lv: str = "b.1.2.3.4") -> str:
    return UNIT.format(conns=conns, more=more, hv=hv, lv=lv)


def script(transformer: str = "", more: str = GROUND, loads: str = LOADS) -> str:
    return "\n".join(
        [
            "clear",
            "set defaultbasefrequency=50",
            "new circuit.village basekv=10 pu=1.02 bus1=a angle=10 isc3=2000 isc1=1500",
            transformer or unit("delta wye"),
            f"new line.l bus1=b.1.2.3.4 bus2=c.1.2.3.4 {WIRES}",
            loads,
            more,
            "set voltagebases=[10 .4]",
            "calcvoltagebases",
        ]
    )


@pytest.fixture
def read(tmp_path: Path):
    def from_text(text: str) -> gp.Feeder:
        path = tmp_path / "circuit.dss"
        path.write_text(text, encoding="utf-8")
        return gp.read_opendss(path)

    return from_text


REVERSED = (
    "new transformer.t phases=3 windings=2 buses=[b.1.2.3.4 a] conns=[wye {}] kvs=[.4 10] "
    "kvas=[100 100] xhl=4 %rs=[0.5 0.7] %noloadloss=.3 %imag=1"
)
NO_LOAD = "%noloadloss=.3 %imag=1.5"

#: Circuits that OpenDSS solves as well: script and vector group.
CIRCUITS = {
    "lag": (script(), "Dyn1"),
    "lead": (script(unit("delta wye", "leadlag=lead")), "Dyn11"),
    "no-load": (script(unit("delta wye", NO_LOAD)), "Dyn1"),
    "both-taps": (script(unit("delta wye", "wdg=1 tap=1.05 wdg=2 tap=.975")), "Dyn1"),
    "lv-tap": (script(unit("delta wye", "wdg=2 tap=.975")), "Dyn1"),
    "hv-tap": (script(unit("delta wye", "wdg=1 tap=.95 numtaps=4")), "Dyn1"),
    "star-star": (script(unit("wye wye", NO_LOAD)), "YNyn0"),
    "reversed-dyn": (script(REVERSED.format("delta")), "Dyn1"),
    "reversed-star": (script(REVERSED.format("wye")), "YNyn0"),
    "neutral-inside": (script(unit("delta wye", "wdg=2 rneut=1 xneut=.2"), more=""), "Dyn1"),
    "neutral-ends-on-earth": (
        script(more=f"{LINE_TO_EARTH}\nnew load.d phases=1 bus1=d.1.0 kv=.23 kw=3"),
        "Dyn1",
    ),
    "delta-and-earth": (
        script(
            more=GROUND
            + "\nnew load.ab phases=1 bus1=c.1.2 kv=.4 kw=5 kvar=1"
            + "\nnew load.ca phases=1 bus1=c.3.1 kv=.4 kw=2 kvar=-1"
            + "\nnew load.abc phases=3 conn=delta bus1=c.1.2.3 kv=.4 kw=6 kvar=2"
            + "\nnew load.e phases=1 bus1=c.3.0 kv=.23 kw=1"
            + "\nnew load.two_ph phases=2 bus1=c.1.3.4 kv=.4 kw=3 kvar=1"
            + "\nnew load.turned phases=1 bus1=c.4.1 kv=.23 kw=1"
        ),
        "Dyn1",
    ),
    "generator": (
        script(more=GROUND + "\nnew generator.g phases=1 bus1=c.1.4 kv=.23 kw=4 kvar=0.5"),
        "Dyn1",
    ),
    "pv": (
        script(
            more=GROUND
            + "\nnew pvsystem.p phases=1 bus1=c.1.4 kv=.23 pmpp=4 kva=5 irradiance=.8 pf=.95"
        ),
        "Dyn1",
    ),
    "shunts": (
        script(
            more=GROUND
            + "\nnew capacitor.k phases=3 bus1=c.1.2.3 kv=.4 kvar=6"
            + "\nnew reactor.kd phases=3 conn=delta bus1=c kv=.4 kvar=3"
            + "\nnew capacitor.k1 phases=1 bus1=c.1 bus2=c.4 kv=.23 kvar=2"
        ),
        "Dyn1",
    ),
    "series-and-switch": (
        script(
            more=GROUND
            + "\nnew reactor.s phases=3 bus1=c.1.2.3 bus2=e.1.2.3 r=.01 x=.05"
            + "\nnew load.es phases=1 bus1=e.1 kv=.23 kw=2"
            + "\nnew line.sw bus1=c.1.2.3.4 bus2=f.1.2.3.4 phases=4 switch=y"
            + "\nnew load.fs phases=1 bus1=f.1.4 kv=.23 kw=2"
        ),
        "Dyn1",
    ),
    "loop-and-open": (
        script(
            more=GROUND
            + "\nnew line.l2 like=l\nedit line.l2 length=.2"
            + "\nnew line.o like=l\nedit line.o bus1=c.1.2.3.4 bus2=z.1.2.3.4\nopen line.o 1"
        ),
        "Dyn1",
    ),
    "load-multiplier": (script(more=GROUND + "\nset loadmult=.7"), "Dyn1"),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_circuit_as_opendss_solves_it(name: str, tmp_path: Path) -> None:
    text, group = CIRCUITS[name]
    path = tmp_path / "circuit.dss"
    path.write_text(text, encoding="utf-8")
    feeder = gp.read_opendss(path)
    assert feeder.transformer is not None
    assert feeder.transformer.vector_group == group
    result = gp.solve(feeder, tolerance_pu=1e-12)
    peer = solve_script(path, feeder, antifloat=False)
    nominal_v = feeder.nodes.nominal_v
    known = np.isfinite(peer.vm_v)
    np.testing.assert_array_equal(known, np.isfinite(result.vm_v[0]))
    np.testing.assert_allclose(result.vm_v[0][known], peer.vm_v[known], rtol=1e-9)
    grounded = np.isfinite(peer.vn_v)
    np.testing.assert_allclose(
        (result.vn_v[0] / nominal_v)[grounded], (peer.vn_v / nominal_v)[grounded], atol=1e-9
    )
    assert result.loss_kw[0] == pytest.approx(peer.loss_kw, rel=1e-7)


def test_load_models_at_another_rated_voltage(tmp_path: Path) -> None:
    path = tmp_path / "circuit.dss"
    band = "vminpu=.1 vmaxpu=2"
    loads = (
        f"new load.z phases=1 bus1=c.1.4 kv=.24 kw=5 kvar=1 model=2 {band}\n"
        f"new load.i phases=3 bus1=c.1.2.3.4 kv=.41 kw=5 kvar=1 model=5 {band}\n"
        "new load.zip phases=1 bus1=c.2.4 kv=.24 kw=5 kvar=2 model=8 "
        f"zipv=[.3 .3 .4 .3 .3 .4 .1] {band}\n"
        f"new load.bc phases=1 bus1=c.2.3 kv=.41 kw=5 kvar=1 model=2 {band}\n"
    )
    path.write_text(script(loads=loads), encoding="utf-8")
    feeder = gp.read_opendss(path)
    assert feeder.customers.const_z.tolist()[0] == 1
    assert feeder.customers.wiring.tolist() == ["wye", "wye", "wye", "delta"]
    result = gp.solve(feeder, tolerance_pu=1e-12)
    peer = solve_script(path, feeder, antifloat=False, constant=False)
    np.testing.assert_allclose(result.vm_v[0][:, 0], peer.vm_v[:, 0], rtol=1e-9)


def test_nameplate_gives_the_engines_admittance(read) -> None:
    """The unit's (7, 7) admittance against YPrim, antifloat of a millionth apart."""
    from opendssdirect import dss

    text = script(unit("delta wye", "%noloadloss=.3 %imag=1.5 wdg=1 tap=1.05"))
    trafo = read(text).transformer
    engine = dss.NewContext()
    for statement in text.splitlines():
        engine.Text.Command(statement)
    engine.Circuit.SetActiveElement("transformer.t")
    flat = np.array(engine.CktElement.YPrim())
    theirs = (flat[::2] + 1j * flat[1::2]).reshape(8, 8, order="F")
    kept = [0, 1, 2, 4, 5, 6, 7]
    ours = transformer_admittance(trafo)
    np.testing.assert_allclose(ours, theirs[np.ix_(kept, kept)], atol=3e-6)
    assert np.abs(ours).max() > 1


def test_what_the_feeder_holds(read, tmp_path: Path) -> None:
    feeder = read(script(more=GROUND + "\nsetbusxy bus=c x=3 y=4"))
    assert feeder.name == "village"
    (tmp_path / "xy.csv").write_text("b, 7, 8\n", encoding="utf-8")
    assert read(script() + "\nbuscoords xy.csv").nodes.x.tolist()[1] == 7
    assert feeder.nodes.name.tolist() == ["a", "b", "c"]
    assert feeder.nodes.wires.tolist() == [[True] * 3 + [False], [True] * 4, [True] * 4]
    np.testing.assert_allclose(feeder.nodes.nominal_v * 3**0.5, [10e3, 400, 400])
    assert feeder.nodes.x.tolist()[2] == 3
    assert feeder.nodes.y.tolist()[2] == 4
    assert np.isnan(feeder.nodes.x[:2]).all()
    assert feeder.f_hz == 50
    assert feeder.customers.id.tolist() == ["one", "two", "tri"]
    assert feeder.customers.phase.tolist() == ["a", "b", "abc"]
    assert feeder.customers.kind.tolist() == ["resident", "resident", "three_phase"]
    assert feeder.customers.may_move.tolist() == [True, True, False]
    assert feeder.source.vm_pu == 1.02
    assert feeder.source.va_degree == 10
    assert feeder.lines.length_m.tolist() == pytest.approx([100])
    assert feeder.lines.section.tolist() == ["service"]
    assert feeder.groundings.z_ohm.tolist() == pytest.approx([2 + 0.1j])
    assert feeder.circuits.name.tolist() == ["F1"]
    assert {note.severity for note in feeder.notes} == {"note"}


def test_neutral_without_earth_is_grounded_at_the_busbar_and_said(read) -> None:
    feeder = read(script(more=""))
    assert feeder.groundings.z_ohm.tolist() == [0]
    assert "grounding-assumed" in {note.code for note in feeder.notes}


def test_yyn0_is_said_to_be_a_bank_of_single_phase_units(read) -> None:
    feeder = read(script(unit("wye wye", NO_LOAD, hv="a.1.2.3.4")))
    assert feeder.transformer.vector_group == "Yyn0"
    assert feeder.transformer.vk0_percent == pytest.approx(100 / abs(0.003 - 0.015j))
    assert "dss-yyn0" in {note.code for note in feeder.notes}


def test_base_frequency_after_the_circuit(read) -> None:
    text = script().replace("set defaultbasefrequency=50\n", "")
    late = text.replace("isc1=1500\n", "isc1=1500\nset defaultbasefrequency=50\n")
    feeder, right = read(late), read(script())
    np.testing.assert_array_equal(feeder.lines.z_ohm, right.lines.z_ohm)
    assert feeder.source == right.source
    assert "dss-frequency" in {note.code for note in feeder.notes}


def test_reads_do_not_influence_each_other_or_the_caller(read) -> None:
    from opendssdirect import dss

    dss.Text.Command("clear")
    dss.Text.Command("new circuit.mine basekv=1")
    before = Path.cwd()
    first = read(script())
    read(script().replace("frequency=50", "frequency=60"))
    again = read(script())
    np.testing.assert_array_equal(first.lines.z_ohm, again.lines.z_ohm)
    assert Path.cwd() == before
    assert dss.Circuit.Name() == "mine"


def test_statements_that_do_not_describe_the_network_are_passed_over(read, tmp_path: Path) -> None:
    text = script() + (
        "\nsolve mode=yearly number=100000000\nexport voltages\nsave circuit"
        f'\nset datapath="{tmp_path}"\ndoscmd echo\nnew monitor.m element=line.l\n~ mode=1'
        "\nnew loadshape.s npts=3 mult=(file=nowhere.csv)\n~ interval=1\nedit load.one daily=s"
        "\n/* export\nnothing */\n! export"
    )
    feeder = read(text)
    assert [path.name for path in tmp_path.iterdir()] == ["circuit.dss"]
    passed = next(note for note in feeder.notes if note.code == "dss-passed-over")
    for word in ("solve", "export", "save", "set datapath", "doscmd", "new monitor"):
        assert word in passed.what


def test_redirects_from_any_folder_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "Parts").mkdir()
    head, _, rest = script().partition("new load.one")
    (tmp_path / "Master.dss").write_text(f"{head}\nRedirect Parts\\LOADS.txt\n", encoding="utf-8")
    (tmp_path / "Parts" / "Loads.txt").write_text(f"new load.one{rest}", encoding="latin-1")
    assert len(gp.read_opendss(tmp_path / "Master.dss").customers) == 3


def faults_of(text: str, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "circuit.dss"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(gp.NetworkError) as caught:
        gp.read_opendss(path)
    return {fault.where: fault.what for fault in caught.value.faults}


def test_everything_that_cannot_be_taken_is_in_one_list(tmp_path: Path) -> None:
    more = "\n".join(
        [
            GROUND,
            "new transformer.second phases=1 windings=2 buses=[c.1.4 q.1.4] kvs=[.23 .23]",
            "new regcontrol.r transformer=t winding=2 vreg=230 band=2 ptratio=1",
            "new storage.s phases=1 bus1=c.1.4 kv=.23",
            f"new line.swap bus1=c.1.2.3.4 bus2=w.2.1.3.4 {WIRES}",
            f"new line.five bus1=c.1.2.3.5 bus2=v.1.2.3.5 {WIRES}",
            "new load.model phases=1 bus1=c.1.4 kv=.23 kw=1 model=4",
            "new load.far phases=1 bus1=nowhere.1 kv=.23 kw=1",
            "new load.odd phases=1 bus1=c.4.0 kv=.23 kw=1",
            "new vsource.more bus1=c basekv=.4",
        ]
    )
    found = faults_of(script(more=more), tmp_path)
    assert set(found) == {
        "transformer.second",
        "regcontrol.r",
        "storage.s",
        "line.swap",
        "line.five",
        "load.model",
        "load.far",
        "load.odd",
        "vsource.more",
    }
    assert "swaps phases" in found["line.swap"]
    assert "node 5" in found["line.five"]
    assert "no closed line" in found["load.far"]


def test_disabled_elements_do_not_count(read) -> None:
    more = GROUND + "\nnew storage.s phases=1 bus1=c.1.4 kv=.23 enabled=no\ndisable load.two"
    assert read(script(more=more)).customers.id.tolist() == ["one", "tri"]


@pytest.mark.parametrize(
    ("transformer", "what"),
    [
        ("new transformer.t phases=1 windings=2 buses=[a.1 b.1.4] kvs=[5.8 .23]", "1 phase"),
        (unit("wye delta", lv="b"), "in delta"),
        (unit("delta wye", lv="b.2.1.3.4"), "nodes 1, 2, 3"),
        (unit("delta wye", lv="b.1.2.3.0"), "star point stands on the earth"),
    ],
    ids=["single-phase", "lv-delta", "swapped", "star-on-earth"],
)
def test_transformers_that_cannot_be_taken(transformer: str, what: str, tmp_path: Path) -> None:
    assert what in faults_of(script(transformer), tmp_path)["transformer.t"]


def test_errors_of_the_script_have_file_and_line(tmp_path: Path) -> None:
    text = (
        "clear\nnew circuit.c\nnew line.x linecode=none bus1=a bus2=b\nredirect gone.dss\nfoo bar"
    )
    found = faults_of(text, tmp_path)
    assert "none" in found["circuit.dss:3"]
    assert "gone.dss" in found["circuit.dss:4"]
    assert "circuit.dss:5" in found


def test_element_that_the_engine_cannot_work_out(tmp_path: Path) -> None:
    more = GROUND + "\nnew line.none bus1=c bus2=h length=0 r1=0 x1=0"
    text = script(more=more)
    assert 'Line "none"' in faults_of(text, tmp_path)["circuit.dss:13"]
    without = text.replace("calcvoltagebases", "")
    assert 'Line "none"' in faults_of(without, tmp_path)["circuit"]


def test_properties_set_without_a_command(read) -> None:
    feeder = read(script() + "\nload.one.kw=3\nline.l.length=.2")
    assert feeder.customers.p_kw.tolist()[0] == 3
    assert feeder.lines.length_m.tolist() == pytest.approx([200])


def test_commands_that_change_the_circuit_are_refused(tmp_path: Path) -> None:
    found = faults_of(script() + "\nallocateloads", tmp_path)
    assert "allocateloads" in next(iter(found.values()))


def test_missing_file_and_script_without_a_circuit(tmp_path: Path) -> None:
    with pytest.raises(gp.NetworkError, match=r"gone\.dss"):
        gp.read_opendss(tmp_path / "gone.dss")
    assert "makes no circuit" in faults_of("! nothing", tmp_path)["circuit.dss"]


def test_script_that_redirects_to_itself(tmp_path: Path) -> None:
    assert "too deep" in faults_of("redirect circuit.dss", tmp_path)["circuit.dss"]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "opendssdirect", None)
    with pytest.raises(gp.GridplanError, match=r"gridplan\[opendss\]"):
        gp.read_opendss(tmp_path / "circuit.dss")
