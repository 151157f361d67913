"""Which figures of sensitive segments and campaigns may be shown: none of a few people, and none that reveals one."""
