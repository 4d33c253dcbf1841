package device_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pquerna/otp/totp"
)

// appCode is what an authenticator app shows now.
func appCode(secret string) json.RawMessage {
	c, err := totp.GenerateCode(secret, time.Now())
	check(err)
	return json.RawMessage(fmt.Sprintf(`{"code":%q}`, c))
}
