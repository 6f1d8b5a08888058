"""One actor of each role."""

from gateway.domain.permissions import Actor, Role


def actor(role: Role) -> Actor:
    return Actor.of(person_id=f"person-{role.value:.12}", name=role.value.title(), role=role)


SUPERVISOR = actor(Role.SUPERVISOR)
