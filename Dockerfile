# An image of one static program, which runs as nobody and writes nowhere. By default it is the command line; examples/replica is another:
#
#   docker build --build-arg PROGRAM=./examples/replica -t replica .

FROM golang:1.26-bookworm AS build
ARG PROGRAM=./cmd/cofactor
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /program "$PROGRAM"

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chmod=0555 /program /program
USER 65532:65532
ENTRYPOINT ["/program"]
