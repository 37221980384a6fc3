"""Pictures of a world: meshes, textures, light and rays."""
