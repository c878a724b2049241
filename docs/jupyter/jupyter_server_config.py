"""Settings of `make lab`: a lesson that is opened and saved unchanged stays the same file."""


def store_no_machine(model, **_):
    """Leave out of a notebook what the kernel of this machine told: its version and its title."""
    if model['type'] != 'notebook':
        return
    about = model['content']['metadata']
    if about.get('kernelspec', {}).get('name') == 'python3':
        about['kernelspec'] = {
            'display_name': 'Python 3', 'language': 'python', 'name': 'python3'
        }  # fmt: skip
    if 'name' in about.get('language_info', {}):
        about['language_info'] = {'name': about['language_info']['name']}


c = get_config()  # noqa: F821  Jupyter gives it
c.ContentsManager.pre_save_hook = store_no_machine
