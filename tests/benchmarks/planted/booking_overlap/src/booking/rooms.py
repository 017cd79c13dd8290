"""Rooms and who has them when; times are hours of one day."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Booking:
    room: str
    start: int
    end: int

    def overlaps(self, other):
        """Whether both want the same room at some moment; one may start as the other ends."""
        return self.room == other.room and self.start < other.end and other.start > self.end


@dataclass
class Plan:
    bookings: list = field(default_factory=list)

    def book(self, room, start, end):
        """True when the room was free and is now booked."""
        wanted = Booking(room, start, end)
        if any(wanted.overlaps(taken) for taken in self.bookings):
            return False
        self.bookings.append(wanted)
        return True

    def busy_hours(self, room):
        return sum(b.end - b.start for b in self.bookings if b.room == room)
