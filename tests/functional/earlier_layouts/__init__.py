"""What stacks of earlier layouts left behind: `layout-<LAYOUT_VERSION>.json`, each written by `recording`."""
