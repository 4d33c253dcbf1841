package webauthn

import "time"

// verdict is what a signature counter says.
type verdict int

const (
	onward    verdict = iota // as it should be; or the key does not count
	behind                   // not beyond what was seen before the prompt was shown
	overtaken                // not beyond what another prompt brought in meanwhile
)

// clocksApart is how far the clocks of replicas may be apart before a user with two tabs looks like two keys.
const clocksApart = 10 * time.Second

// judge compares a counter with the one that was seen last (level 3, section 7.2, step 22). A prompt cannot be answered before it is shown, so a counter
// that was stored before then must be passed by every answer. One that was stored later came by another prompt, and that of the two which was signed first
// may arrive last: 13, then 12. So may one answer that is sent twice. Which was first is told by the clocks of two replicas, and in doubt it is not a copy:
// the answer is refused all the same, and a copy's next one tells. // attack: A-102
func (k record) judge(counter uint32, shown time.Time) verdict {
	switch {
	case counter > k.counter, counter == 0 && k.counter == 0:
		return onward
	case k.counted.Add(clocksApart).Before(shown):
		return behind
	}
	return overtaken
}
