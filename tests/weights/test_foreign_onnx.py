"""Are ONNX files that others made, and images that fit no training, refused in one line?"""

from d2l_ext.weights import graph_files, onnx_files

import numpy as onp
import onnx
import onnx.helper as helper
import pytest


def model(kind='float32', inputs=1):
    """A convolution of 1 x 1, and the sum with a second input."""
    number = helper.np_dtype_to_tensor_dtype(onp.dtype(kind))
    given = [helper.make_tensor_value_info(f'x{i}', number, [1, 2, 4, 4]) for i in range(inputs)]
    weight = onnx.numpy_helper.from_array(onp.ones((2, 2, 1, 1), kind), 'W')
    nodes = [helper.make_node('Conv', ['x0', 'W'], ['c'])]
    if inputs > 1:
        nodes.append(helper.make_node('Add', ['c', 'x1'], ['y']))
    made = [helper.make_tensor_value_info('c' if inputs == 1 else 'y', number, None)]
    graph = helper.make_graph(nodes, 'g', given, made, [weight])
    found = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
    found.ir_version = 8
    return found


@pytest.mark.parametrize(
    ('kind', 'inputs', 'message'),
    [
        ('float32', 2, 'must take one input of float32'),
        ('float16', 1, 'must take one input of float32'),
        ('float64', 1, 'cannot run'),
    ],
)
def test_another_kind_of_network_is_refused(tmp_path, kind, inputs, message):
    onnx.save(model(kind, inputs), tmp_path / 'net.onnx')

    with pytest.raises(ValueError, match=message):
        onnx_files.load_onnx(tmp_path / 'net.onnx')


def test_a_file_without_the_one_that_holds_its_weights_is_refused(tmp_path, capfd):
    onnx.save(
        model(), tmp_path / 'net.onnx', save_as_external_data=True, location='net.data',
        size_threshold=0,
    )  # fmt: skip
    (tmp_path / 'net.data').unlink()

    with pytest.raises(ValueError, match='cannot run.*net.data'):
        onnx_files.load_onnx(tmp_path / 'net.onnx')
    assert capfd.readouterr() == ('', '')


@pytest.mark.parametrize(
    'images', [onp.zeros((2, 1, 4, 4), 'uint8'), onp.full((2, 1, 4, 4), onp.nan)]
)
def test_images_that_no_training_saw_do_not_calibrate(images):
    with pytest.raises(ValueError, match='images must be (fractions|finite)'):
        graph_files.as_images(images)
