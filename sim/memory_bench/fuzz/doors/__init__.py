"""The doors of a memory; each module has ``doors(folder)``, and is found by this folder."""
