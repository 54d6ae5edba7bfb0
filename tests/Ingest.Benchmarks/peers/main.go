// Load for servers that wrk cannot ask: NATS JetStream (publications that await their acknowledgement), RabbitMQ (publisher confirms into a
// stream or a quorum queue) and PostgreSQL (COPY of 100 rows a transaction). Each connection has one request in flight.
// Usage: peers nats|rabbitmq|copy URL NAME CONNECTIONS SECONDS < EVENT. Prints requests a second, p99 in milliseconds, requests, errors.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	amqp "github.com/rabbitmq/amqp091-go"
)

const rowsOfCopy = 100

type send func() error

func main() {
	kind, url, name := os.Args[1], os.Args[2], os.Args[3]
	count, _ := strconv.Atoi(os.Args[4])
	seconds, _ := strconv.ParseFloat(os.Args[5], 64)
	event, err := io.ReadAll(os.Stdin)
	check(err)
	dial := map[string]func(string, string, []byte) send{"nats": jetStream, "rabbitmq": rabbitMq, "copy": copyRows}[kind]
	sends := make([]send, count)
	for i := range sends {
		sends[i] = dial(url, name, event)
	}
	var all sync.WaitGroup
	times, errors := make([][]float64, count), make([]int, count)
	began := time.Now()
	end := began.Add(time.Duration(seconds * float64(time.Second)))
	for i := range sends {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for time.Now().Before(end) {
				from := time.Now()
				if err := sends[i](); err != nil {
					errors[i]++
					fmt.Fprintln(os.Stderr, err)
					return
				}
				times[i] = append(times[i], time.Since(from).Seconds()*1000)
			}
		}(i)
	}
	all.Wait()
	took := time.Since(began).Seconds()
	var sorted []float64
	wrong := 0
	for i := range times {
		sorted = append(sorted, times[i]...)
		wrong += errors[i]
	}
	sort.Float64s(sorted)
	p99 := 0.0
	if len(sorted) > 0 {
		p99 = sorted[len(sorted)*99/100]
	}
	fmt.Printf("%.1f %.2f %d %d\n", float64(len(sorted))/took, p99, len(sorted), wrong)
}

func jetStream(url, name string, event []byte) send {
	connection, err := nats.Connect(url)
	check(err)
	stream, err := connection.JetStream()
	check(err)
	stream.AddStream(&nats.StreamConfig{Name: name, Subjects: []string{name}, Storage: nats.FileStorage})
	return func() error {
		_, err := stream.Publish(name, event)
		return err
	}
}

func rabbitMq(url, name string, event []byte) send {
	connection, err := amqp.Dial(url)
	check(err)
	channel, err := connection.Channel()
	check(err)
	_, err = channel.QueueDeclare(name, true, false, false, false, amqp.Table{"x-queue-type": name})
	check(err)
	check(channel.Confirm(false))
	confirmed := channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	return func() error {
		err := channel.PublishWithContext(context.Background(), "", name, false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: event})
		if err != nil {
			return err
		}
		if answer := <-confirmed; !answer.Ack {
			return fmt.Errorf("not confirmed")
		}
		return nil
	}
}

func copyRows(url, name string, event []byte) send {
	database, err := sql.Open("postgres", url)
	check(err)
	database.SetMaxOpenConns(1)
	check(database.Ping())
	text := string(event)
	return func() error {
		transaction, err := database.Begin()
		if err != nil {
			return err
		}
		rows, err := transaction.Prepare(pq.CopyIn(name, "event"))
		if err != nil {
			return err
		}
		for i := 0; i < rowsOfCopy; i++ {
			if _, err = rows.Exec(text); err != nil {
				return err
			}
		}
		if _, err = rows.Exec(); err != nil {
			return err
		}
		rows.Close()
		return transaction.Commit()
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
